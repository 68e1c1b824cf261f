"""Writes pipelines.json: what PyTorch and scikit-learn make of the formulas of libs/pipelines, with the inputs.

Inputs are float32 numbers, the arithmetic is float64.
    pip install torch scikit-learn && python test/golden/pipelines.py
"""

import json
import pathlib

import numpy
import sklearn
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, log_loss, recall_score, top_k_accuracy_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler

random = numpy.random.default_rng(20240607)


def float32(values):
    return numpy.asarray(values, dtype=numpy.float32).astype(numpy.float64)


def rounded(values):
    return [float(f"{value:.9g}") for value in numpy.asarray(values, dtype=numpy.float64).ravel()]


def with_gradient(function, *inputs):
    """The value of a function and its gradient in each of its inputs."""
    leaves = [torch.tensor(values, requires_grad=True) for values in inputs]
    value = function(*leaves)
    value.backward()
    return {"value": rounded([value.item()])[0], "gradients": [rounded(leaf.grad.numpy()) for leaf in leaves]}


def losses():
    batch, classes = 6, 4
    student = float32(random.normal(0, 3, (batch, classes)))
    teacher = float32(random.normal(0, 3, (batch, classes)))
    # Certain, and certainly wrong: what a softmax and its logarithm taken one after the other get wrong.
    student[4] = [60, -60, 0, 1]
    teacher[4] = [-60, 80, 0, 1]
    labels = torch.tensor([0, 3, 1, 3, 1, 2])
    labelled = torch.tensor([1.0, 0, 1, 1, 1, 0], dtype=torch.float64)
    target = torch.tensor(teacher)

    def kd(temperature):
        return lambda s: F.kl_div(
            F.log_softmax(s / temperature, -1), F.softmax(target / temperature, -1), reduction="batchmean"
        ) * temperature**2

    one_hot = F.one_hot(labels, classes).double()
    return {
        "classes": classes,
        "student": rounded(student),
        "teacher": rounded(teacher),
        "labels": labels.tolist(),
        "labelled": labelled.tolist(),
        "kd": {str(t): with_gradient(kd(t), student) for t in (1, 2, 4)},
        "crossEntropy": with_gradient(
            lambda s: (F.cross_entropy(s, labels, reduction="none") * labelled).sum() / batch, student
        ),
        "multinomial": with_gradient(lambda s: F.cross_entropy(s, labels), student),
        "bce": with_gradient(
            lambda s: F.binary_cross_entropy_with_logits(s, one_hot, reduction="sum") / batch, student
        ),
        "softmax": rounded(F.softmax(torch.tensor(student), -1)),
    }


def regularization():
    filters = float32(random.normal(0, 1, (2, 2, 3, 4)))
    head = float32(random.normal(0, 1, (3, 5)))
    filters[0, 0, 0, 0] = 0
    start = float32(random.normal(0, 1, filters.shape))
    origin = torch.tensor(start)
    scale = 0.25
    return {
        "lambda": scale,
        "filters": rounded(filters),
        "head": rounded(head),
        "start": rounded(start),
        "l1": with_gradient(lambda f, h: scale * (f.abs().sum() + h.abs().sum()), filters, head),
        "l2": with_gradient(lambda f, h: scale / 2 * (f.square().sum() + h.square().sum()), filters, head),
        "l2-sp": with_gradient(
            lambda f, h: scale / 2 * ((f - origin).square().sum() + h.square().sum()), filters, head
        ),
    }


def logistic():
    images, width, classes = 90, 5, 3
    truth = random.normal(0, 1, (width, classes))
    raw = float32(random.normal(0, 1, (images, width)) * [1, 3, 0.5, 2, 10] + [0, 5, -1, 0, 100])
    scaler = StandardScaler().fit(raw)
    features = float32(scaler.transform(raw))
    labels = (features @ truth + random.gumbel(0, 1.5, (images, classes))).argmax(1)
    fits = []
    for kind, penalty in [("l2", 0.02), ("l1", 0.02)]:
        for loss in ("multinomial", "bce"):
            options = {"C": 1 / (penalty * images), "tol": 1e-12, "max_iter": 1_000_000}
            how = {"solver": "lbfgs"} if kind == "l2" else {"solver": "saga", "l1_ratio": 1.0, "random_state": 0}
            one = LogisticRegression(**options, **how)
            model = (one if loss == "multinomial" else OneVsRestClassifier(one)).fit(features, labels)
            if loss == "multinomial":
                weight, bias = model.coef_.T, model.intercept_
            else:
                weight = numpy.stack([each.coef_[0] for each in model.estimators_], 1)
                bias = numpy.array([each.intercept_[0] for each in model.estimators_])
            logits = torch.tensor(features @ weight + bias)
            target = torch.tensor(labels)
            if loss == "multinomial":
                value = F.cross_entropy(logits, target).item()
            else:
                one_hot = F.one_hot(target, classes).double()
                value = F.binary_cross_entropy_with_logits(logits, one_hot, reduction="sum").item() / images
            value += penalty * (numpy.abs(weight).sum() if kind == "l1" else (weight**2).sum() / 2)
            fits.append(
                {
                    "kind": kind,
                    "loss": loss,
                    "lambda": penalty,
                    "weight": rounded(weight),
                    # The softmax does not change when one number is added to every logit.
                    "bias": rounded(bias - bias.mean() if loss == "multinomial" else bias),
                    "objective": rounded([value])[0],
                    "probabilities": rounded(model.predict_proba(features[:10])),
                }
            )
    return {
        "classes": classes,
        "width": width,
        "raw": rounded(raw),
        "mean": rounded(scaler.mean_),
        "deviation": rounded(scaler.scale_),
        "features": rounded(features),
        "labels": labels.tolist(),
        "fits": fits,
    }


def evaluation():
    images, classes = 40, 7
    logits = random.normal(0, 1.5, (images, classes))
    labels = (logits + random.normal(0, 2, logits.shape)).argmax(1)
    labels[:classes] = range(classes)
    probabilities = float32(F.softmax(torch.tensor(logits), -1).numpy())
    every = list(range(classes))
    return {
        "classes": classes,
        "probabilities": rounded(probabilities),
        "labels": labels.tolist(),
        "top1": top_k_accuracy_score(labels, probabilities, k=1, labels=every),
        "top5": top_k_accuracy_score(labels, probabilities, k=5, labels=every),
        "loss": rounded([log_loss(labels, probabilities / probabilities.sum(1, keepdims=True), labels=every)])[0],
        "confusionMatrix": confusion_matrix(labels, probabilities.argmax(1), labels=every).tolist(),
        "accuracies": rounded(recall_score(labels, probabilities.argmax(1), labels=every, average=None)),
    }


golden = {
    "madeBy": f"torch {torch.__version__}, scikit-learn {sklearn.__version__}",
    "losses": losses(),
    "regularization": regularization(),
    "logistic": logistic(),
    "evaluation": evaluation(),
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
