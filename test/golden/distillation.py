"""Writes distillation.json: what PyTorch makes of the losses of a distillation, with the inputs.

Each loss is written as its paper has it, not as libs/pipelines computes it. Inputs are float32 numbers, the arithmetic is
float64.
    pip install torch && python test/golden/distillation.py
"""

import json
import pathlib

import numpy
import torch
import torch.nn.functional as F

random = numpy.random.default_rng(20220315)
BATCH, CLASSES = 6, 5


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


def kd(student, teacher, temperature):
    """Hinton, Vinyals & Dean (2015)."""
    log_student = F.log_softmax(student / temperature, 1)
    return F.kl_div(log_student, F.softmax(teacher / temperature, 1), reduction="batchmean") * temperature**2


def dkd(student, teacher, labels, alpha, beta, temperature):
    """Zhao et al. (2022), equations 5 and 7: the target class against the rest, and the rest among itself."""
    rest = F.one_hot(labels, CLASSES) == 0

    def binary(logits):
        target = F.softmax(logits / temperature, 1)[~rest]
        others = F.softmax(logits / temperature, 1)[rest].view(BATCH, -1).sum(1)
        return torch.stack([target, others], 1)

    def among(logits):
        return (logits / temperature)[rest].view(BATCH, -1)

    tckd = F.kl_div(binary(student).log(), binary(teacher), reduction="batchmean")
    nckd = F.kl_div(F.log_softmax(among(student), 1), F.softmax(among(teacher), 1), reduction="batchmean")
    return (alpha * tckd + beta * nckd) * temperature**2


def dist(student, teacher, beta, gamma, temperature):
    """Huang et al. (2022), equations 7 to 10: correlation within the rows, and within the columns."""
    y_s, y_t = F.softmax(student / temperature, 1), F.softmax(teacher / temperature, 1)

    def distance(a, b):
        return 1 - torch.stack([torch.corrcoef(torch.stack(pair))[0, 1] for pair in zip(a, b)]).mean()

    return temperature**2 * (beta * distance(y_s, y_t) + gamma * distance(y_s.T, y_t.T))


def standardised(logits):
    """Sun et al. (2024), algorithm 1."""
    return (logits - logits.mean(1, keepdim=True)) / (1e-7 + logits.std(1, keepdim=True))


def losses():
    student = float32(random.normal(0, 3, (BATCH, CLASSES)))
    teacher = float32(random.normal(0, 3, (BATCH, CLASSES)))
    # Certain, and certainly wrong: what a softmax and its logarithm taken one after the other get wrong.
    student[4] = [30, -30, 0, 1, 2]
    teacher[4] = [-30, 40, 0, 1, 2]
    labels = torch.tensor([0, 4, 1, 3, 1, 2])
    target = torch.tensor(teacher)
    return {
        "classes": CLASSES,
        "student": rounded(student),
        "teacher": rounded(teacher),
        "labels": labels.tolist(),
        "kd": {str(t): with_gradient(lambda s, t=t: kd(s, target, t), student) for t in (2, 4)},
        "dkd": [
            {
                "alpha": alpha,
                "beta": beta,
                "temperature": t,
                **with_gradient(
                    lambda s, alpha=alpha, beta=beta, t=t: dkd(s, target, labels, alpha, beta, t), student
                ),
            }
            for alpha, beta, t in [(1, 0, 4), (0, 1, 4), (1, 8, 4), (1, 8, 2)]
        ],
        "dist": [
            {
                "beta": beta,
                "gamma": gamma,
                "temperature": t,
                **with_gradient(lambda s, beta=beta, gamma=gamma, t=t: dist(s, target, beta, gamma, t), student),
            }
            for beta, gamma, t in [(1, 0, 4), (0, 1, 4), (2, 2, 4), (2, 2, 1)]
        ],
        "logitStandardisation": {
            str(t): with_gradient(lambda s, t=t: kd(standardised(s), standardised(target), t), student)
            for t in (1, 2)
        },
        "ensemble": {
            "temperature": 4,
            "weights": [0.75, 0.25],
            "softLabels": rounded(0.75 * F.softmax(target / 4, 1) + 0.25 * F.softmax(torch.tensor(student) / 4, 1)),
        },
    }


def hint():
    """Romero et al. (2015), equation 3, with a linear regressor, averaged over images and features."""
    features = float32(random.normal(0, 1, (BATCH, 3)))
    weight = float32(random.normal(0, 0.5, (3, 4)))
    bias = float32(random.normal(0, 0.1, 4))
    teacher = float32(random.normal(0, 1, (BATCH, 4)))
    target = torch.tensor(teacher)
    return {
        "features": rounded(features),
        "weight": rounded(weight),
        "bias": rounded(bias),
        "teacher": rounded(teacher),
        **with_gradient(lambda x, w, b: F.mse_loss(F.linear(x, w.T, b), target) / 2, features, weight, bias),
    }


def hint_of_maps(student_size, teacher_size):
    """The same of an intermediate layer: the larger map averaged to the smaller one's size, the regressor a 1×1 convolution.

    Maps are written as TensorFlow lays them out, channels last.
    """
    batch, inputs, outputs = 2, 3, 4

    def last(values):
        return numpy.moveaxis(values, 1, -1)

    features = float32(random.normal(0, 1, (batch, inputs, student_size, student_size)))
    weight = float32(random.normal(0, 0.5, (outputs, inputs, 1, 1)))
    bias = float32(random.normal(0, 0.1, outputs))
    teacher = float32(random.normal(0, 1, (batch, outputs, teacher_size, teacher_size)))
    size = min(student_size, teacher_size)
    target = F.adaptive_avg_pool2d(torch.tensor(teacher), size)
    found = with_gradient(
        lambda x, w, b: F.mse_loss(F.conv2d(F.adaptive_avg_pool2d(x, size), w, b), target) / 2, features, weight, bias
    )
    by_features, by_weight, by_bias = found["gradients"]
    return {
        "size": size,
        "studentSize": student_size,
        "teacherSize": teacher_size,
        "features": rounded(last(features)),
        "weight": rounded(weight[:, :, 0, 0].T),
        "bias": rounded(bias),
        "teacher": rounded(last(teacher)),
        "target": rounded(last(target.numpy())),
        "value": found["value"],
        "gradients": [
            rounded(last(numpy.reshape(by_features, features.shape))),
            rounded(numpy.reshape(by_weight, (outputs, inputs)).T),
            by_bias,
        ],
    }


golden = {
    "madeBy": f"torch {torch.__version__}",
    "losses": losses(),
    "hint": hint(),
    "hintOfMaps": [hint_of_maps(*sizes) for sizes in [(3, 3), (6, 3), (5, 3), (3, 7)]],
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
