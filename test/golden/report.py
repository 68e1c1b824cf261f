"""Writes report.json: what PyTorch, NumPy and Pillow make of the metrics, attacks and corruptions of a run's report.

Inputs are float32 numbers or bytes, the arithmetic is float64.
    pip install torch numpy pillow && python test/golden/report.py
"""

import io
import json
import math
import pathlib

import numpy
import PIL
import torch
import torch.nn.functional as F
from PIL import Image

random = numpy.random.default_rng(20250611)


def float32(values):
    return numpy.asarray(values, dtype=numpy.float32).astype(numpy.float64)


def rounded(values, digits=9):
    return [float(f"{value:.{digits}g}") for value in numpy.asarray(values, dtype=numpy.float64).ravel()]


class ECE(torch.nn.Module):
    """`_ECELoss` of Guo et al.'s code (github.com/gpleiss/temperature_scaling), bins open below and closed above."""

    def __init__(self, n_bins=15):
        super().__init__()
        bin_boundaries = torch.linspace(0, 1, n_bins + 1, dtype=torch.float64)
        self.bin_lowers = bin_boundaries[:-1]
        self.bin_uppers = bin_boundaries[1:]

    def forward(self, softmaxes, labels):
        confidences, predictions = torch.max(softmaxes, 1)
        accuracies = predictions.eq(labels)
        ece = torch.zeros(1, dtype=torch.float64)
        for bin_lower, bin_upper in zip(self.bin_lowers, self.bin_uppers):
            in_bin = confidences.gt(bin_lower.item()) * confidences.le(bin_upper.item())
            prop_in_bin = in_bin.double().mean()
            if prop_in_bin.item() > 0:
                accuracy_in_bin = accuracies[in_bin].double().mean()
                avg_confidence_in_bin = confidences[in_bin].mean()
                ece += torch.abs(avg_confidence_in_bin - accuracy_in_bin) * prop_in_bin
        return ece.item()


def metrics_of(logits, labels):
    probabilities = F.softmax(logits, 1)
    one_hot = F.one_hot(labels, logits.shape[1]).double()
    return {
        "nll": F.cross_entropy(logits, labels).item(),
        "brier": ((probabilities - one_hot) ** 2).sum(1).mean().item(),
        "ece": ECE()(probabilities, labels),
    }


def temperature_of(logits, labels):
    """Temperature scaling as in Guo et al.'s code: L-BFGS on the validation NLL, here in log T."""
    log_t = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_t], max_iter=500, tolerance_grad=1e-14, tolerance_change=1e-16, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(logits / log_t.exp(), labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    return log_t.exp().item()


def per_class(labels, predictions, classes):
    """Precision, recall and F1 from their definitions."""
    found = []
    for c in range(classes):
        true_positive = int(((labels == c) & (predictions == c)).sum())
        precision = true_positive / int((predictions == c).sum())
        recall = true_positive / int((labels == c).sum())
        found.append([precision, recall, 2 * precision * recall / (precision + recall), int((labels == c).sum())])
    return found


def calibration():
    images, classes = 120, 6
    truth = random.normal(0, 1.2, (2, images, classes))
    labels = torch.tensor((truth + random.gumbel(0, 1, truth.shape)).argmax(2))
    # Too sure by a factor of about 2.5, as modern networks are.
    logits = torch.tensor(float32(truth * 2.5))
    test, validation = logits
    temperature = temperature_of(validation, labels[1])
    of_classes = per_class(labels[0].numpy(), test.argmax(1).numpy(), classes)
    return {
        "classes": classes,
        "test": rounded(test),
        "labels": labels[0].tolist(),
        "validation": rounded(validation),
        "validationLabels": labels[1].tolist(),
        "before": metrics_of(test, labels[0]),
        "temperature": temperature,
        "after": metrics_of(test / temperature, labels[0]),
        "perClass": [rounded(values) for values in of_classes],
        "macroF1": float(numpy.mean([values[2] for values in of_classes])),
    }


class Undecided(Exception):
    """A gradient whose sign float32 might get wrong."""


def attacks():
    """The first draw all of whose gradients have signs that do not depend on rounding."""
    while True:
        try:
            return drawn_attacks()
        except Undecided:
            pass


def drawn_attacks():
    """FGSM and PGD-10 of a small network, in pixels of 0 to 255; the network normalises as ImageNet's do."""
    batch, size, channels, classes = 2, 5, 3, 3
    images = random.integers(0, 256, (batch, size, size, 3))
    labels = torch.tensor([0, 2])
    filters = float32(random.normal(0, 0.5, (3, 3, 3, channels)))
    head = float32(random.normal(0, 1, (channels, classes)))
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]

    def forward(x):
        normalised = (x / 255 - torch.tensor(mean, dtype=torch.float64)) / torch.tensor(std, dtype=torch.float64)
        y = F.conv2d(normalised.permute(0, 3, 1, 2), torch.tensor(filters).permute(3, 2, 0, 1), stride=2)
        return torch.tanh(y).mean((2, 3)) @ torch.tensor(head)

    def gradient_sign(x):
        x = x.clone().requires_grad_(True)
        F.cross_entropy(forward(x), labels).backward()
        if x.grad.abs().min() < 1e-3 * x.grad.abs().max():
            raise Undecided
        return x.grad.sign()

    def pgd(origin, start, epsilon, step, steps):
        x = start
        for _ in range(steps):
            x = x + step * gradient_sign(x)
            x = torch.min(torch.max(x, origin - epsilon), origin + epsilon).clamp(0, 255)
        return x

    origin = torch.tensor(images, dtype=torch.float64)
    epsilon = 8
    start = torch.tensor(float32((images + random.uniform(-epsilon, epsilon, images.shape)).clip(0, 255)))
    fgsm = pgd(origin, origin, epsilon, epsilon, 1)
    attacked = pgd(origin, start, epsilon, 2.5 * epsilon / 10, 10)
    return {
        "shape": list(images.shape),
        "images": images.ravel().tolist(),
        "labels": labels.tolist(),
        "filters": rounded(filters),
        "filterShape": list(filters.shape),
        "head": rounded(head),
        "headShape": list(head.shape),
        "mean": mean,
        "std": std,
        "epsilon": epsilon,
        "start": rounded(start),
        "clean": rounded(forward(origin)),
        "fgsm": {"images": rounded(fgsm), "logits": rounded(forward(fgsm))},
        "pgd": {"images": rounded(attacked), "logits": rounded(forward(attacked))},
    }


def smooth_image(size):
    """A picture with edges and slopes, as JPEG and blur find in photographs."""
    y, x = numpy.mgrid[0:size, 0:size] / size
    red = 255 * (0.5 + 0.5 * numpy.sin(7 * x + 2 * y))
    green = 255 * ((x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.1)
    blue = 200 * y + 30 * random.random((size, size))
    return numpy.stack([red, green, blue], -1).clip(0, 255).astype(numpy.uint8)


def gaussian(x, sigma):
    """`scipy.ndimage.gaussian_filter(x, (sigma, sigma, 0), mode="nearest")`, written out."""
    radius = int(4 * sigma + 0.5)
    weights = numpy.exp(-0.5 * (numpy.arange(-radius, radius + 1) / sigma) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        pad = [(radius, radius) if a == axis else (0, 0) for a in range(3)]
        padded = numpy.pad(x, pad, mode="edge")
        x = sum(w * numpy.take(padded, range(i, i + x.shape[axis]), axis) for i, w in enumerate(weights))
    return x


def corruptions():
    size = 16
    image = smooth_image(size)
    x = image / 255.0

    def blur(sigma):
        return numpy.uint8(numpy.clip(gaussian(x, sigma), 0, 1) * 255)

    def contrast(c):
        means = numpy.mean(x, axis=(0, 1), keepdims=True)
        return numpy.uint8(numpy.clip((x - means) * c + means, 0, 1) * 255)

    def jpeg(quality):
        output = io.BytesIO()
        Image.fromarray(image).save(output, "JPEG", quality=quality)
        return numpy.asarray(Image.open(output))

    return {
        "size": size,
        "image": image.ravel().tolist(),
        "gaussian-blur": {str(sigma): blur(sigma).ravel().tolist() for sigma in (0.4, 1, 4)},
        "contrast": {str(c): contrast(c).ravel().tolist() for c in (0.75, 0.05)},
        "jpeg": {str(quality): jpeg(quality).ravel().tolist() for quality in (80, 25, 7)},
    }


def agreement():
    """What a student says beside its teacher. Draws of its own: the vectors above stay what they were."""
    draw = numpy.random.default_rng(20261128)
    images, classes = 80, 4
    truth = draw.normal(0, 1.5, (images, classes))
    labels = torch.tensor((truth + draw.gumbel(0, 1, truth.shape)).argmax(1))
    logits = torch.tensor(numpy.stack([2 * truth, truth + draw.normal(0, 0.8, truth.shape)]))
    # The student finds a class less often than its teacher does.
    logits[1, :, 2] -= 3
    teacher, student = torch.tensor(float32(F.softmax(logits, 2)))
    of_teacher, of_student = teacher.argmax(1), student.argmax(1)
    teacher_right, student_right = of_teacher == labels, of_student == labels

    def share(which):
        return which.double().mean().item()

    def of_class(c):
        own = labels == c
        only = [int((own & one & ~other).sum()) for one, other in ((teacher_right, student_right), (student_right, teacher_right))]
        tosses = sum(only)
        p = sum(math.comb(tosses, heads) for heads in range(only[0], tosses + 1)) / 2**tosses
        return [int(own.sum()), share(teacher_right[own]), share(student_right[own]), p]

    return {
        "classes": classes,
        "teacher": rounded(teacher),
        "student": rounded(student),
        "labels": labels.tolist(),
        "top1": share(of_teacher == of_student),
        "kl": F.kl_div(student.log(), teacher, reduction="batchmean").item(),
        "bothRight": share(teacher_right & student_right),
        "onlyTeacherRight": share(teacher_right & ~student_right),
        "onlyStudentRight": share(~teacher_right & student_right),
        "bothWrong": share(~teacher_right & ~student_right),
        "perClass": [of_class(c) for c in range(classes)],
    }


golden = {
    "madeBy": f"torch {torch.__version__}, numpy {numpy.__version__}, pillow {PIL.__version__}",
    "calibration": calibration(),
    "attacks": attacks(),
    "corruptions": corruptions(),
    "agreement": agreement(),
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
