"""Writes pytorch.json: what PyTorch computes, for pytorch.contract.ts and learning-rate-at.spec.ts.

Inputs are float32 numbers, the arithmetic is float64.
    pip install torch==2.14.1 && python libs/engine/golden/make_golden.py
    npx prettier --write libs/engine/golden/pytorch.json
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(4)


def normal(*shape, mean=0.0, deviation=1.0):
    return (mean + deviation * torch.randn(shape)).float().double()


def rounded(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().double().flatten().tolist()]


STEPS = 5
LEARNING_RATE = 0.1


def larc(parameters, trust_coefficient, weight_decay):
    """NVIDIA Apex, apex/parallel/LARC.py, step() with clip=False; parameters of one dimension are left out."""
    for parameter in parameters:
        if parameter.ndim < 2:
            continue
        weight_norm, gradient_norm = parameter.detach().norm(), parameter.grad.norm()
        if weight_norm != 0 and gradient_norm != 0:
            rate = trust_coefficient * weight_norm / (gradient_norm + weight_norm * weight_decay + 1e-8)
            parameter.grad += weight_decay * parameter.detach()
            parameter.grad *= rate


def optimizers():
    # Large first gradients, so that clipping has something to do, and then small ones.
    start = {"filter": normal(2, 2, 2, 3), "bias": normal(3)}
    gradients = [
        {name: normal(*value.shape, deviation=2.0 / step) for name, value in start.items()}
        for step in range(1, STEPS + 1)
    ]
    cases = [
        {"kind": "sgd", "momentum": 0, "nesterov": False},
        {"kind": "sgd", "momentum": 0.9, "nesterov": False, "weightDecay": 0.05},
        {"kind": "sgd", "momentum": 0.9, "nesterov": True, "weightDecay": 0.05},
        {"kind": "sgd", "momentum": 0.9, "nesterov": True, "clipNorm": 3},
        {"kind": "adamw", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
        {"kind": "adamw", "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-3, "weightDecay": 0.3, "clipNorm": 3},
        {"kind": "lars", "momentum": 0.9, "trustCoefficient": 0.1, "weightDecay": 0.05},
    ]

    def run(options):
        parameters = {name: value.clone().requires_grad_() for name, value in start.items()}
        decay = options.get("weightDecay", 0)
        lars = options["kind"] == "lars"
        groups = [
            {"params": [parameters["filter"]], "weight_decay": 0 if lars else decay},
            {"params": [parameters["bias"]], "weight_decay": 0, "lr": 10 * LEARNING_RATE},
        ]
        if options["kind"] == "adamw":
            betas = (options["beta1"], options["beta2"])
            optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=betas, eps=options["epsilon"])
        else:
            momentum, nesterov = options["momentum"], options.get("nesterov", False)
            optimizer = torch.optim.SGD(groups, lr=LEARNING_RATE, momentum=momentum, nesterov=nesterov)
        after = []
        for gradient in gradients:
            for name, parameter in parameters.items():
                parameter.grad = gradient[name].clone()
            if "clipNorm" in options:
                torch.nn.utils.clip_grad_norm_(parameters.values(), options["clipNorm"])
            if lars:
                larc(parameters.values(), options["trustCoefficient"], decay)
            optimizer.step()
            after.append({name: rounded(parameter) for name, parameter in parameters.items()})
        return after

    return {
        "learningRate": LEARNING_RATE,
        "biasFactor": 10,
        "shapes": {name: list(value.shape) for name, value in start.items()},
        "start": {name: rounded(value) for name, value in start.items()},
        "gradients": [{name: rounded(value) for name, value in step.items()} for step in gradients],
        # The parameters after the first and after the last step.
        "cases": [{"options": options, "after": [run(options)[0], run(options)[-1]]} for options in cases],
    }


def batch_norm():
    shape, epsilon, momentum = (2, 3, 2, 4), 1e-3, 0.1
    x, gamma, beta = normal(*shape, mean=1.0, deviation=2.0), normal(4, mean=1.0, deviation=0.3), normal(4)
    mean, variance, weights = normal(4), normal(4).square() + 0.1, normal(*shape)

    def case(training):
        module = torch.nn.BatchNorm2d(4, eps=epsilon, momentum=momentum).double().train(training)
        module.load_state_dict(
            {"weight": gamma, "bias": beta, "running_mean": mean, "running_var": variance}, strict=False
        )
        leaf = x.clone().requires_grad_()
        y = module(leaf.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        (y * weights).sum().backward()
        return {
            "y": rounded(y),
            "gradients": [rounded(leaf.grad), rounded(module.weight.grad), rounded(module.bias.grad)],
            "runningMean": rounded(module.running_mean),
            "runningVariance": rounded(module.running_var),
        }

    inputs = {"x": x, "gamma": gamma, "beta": beta, "mean": mean, "variance": variance, "weights": weights}
    return {
        "shape": shape,
        "epsilon": epsilon,
        "momentum": momentum,
        **{name: rounded(value) for name, value in inputs.items()},
        "training": case(True),
        "frozen": case(False),
    }


def soft_cross_entropy():
    logits, targets, weights = normal(4, 5, deviation=4.0), F.softmax(normal(4, 5), 1).float().double(), normal(4)
    leaf = logits.clone().requires_grad_()
    loss = F.cross_entropy(leaf, targets, reduction="none")
    (loss * weights).sum().backward()
    return {
        "shape": [4, 5],
        "logits": rounded(logits),
        "targets": rounded(targets),
        "weights": rounded(weights),
        "loss": rounded(loss),
        "gradient": rounded(leaf.grad),
    }


def schedules():
    """Factors after 0, 1, … epochs of one step each."""

    def factors(make):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        schedule = make(optimizer)
        values = []
        for _ in range(8):
            values.append(schedule.get_last_lr()[0])
            optimizer.step()
            schedule.step()
        return rounded(torch.tensor(values))

    of = torch.optim.lr_scheduler
    return {
        "epochs": 8,
        "cosine": factors(lambda o: of.CosineAnnealingLR(o, T_max=8)),
        "linear": factors(lambda o: of.LinearLR(o, start_factor=1, end_factor=0, total_iters=8)),
        "milestones": [2, 5],
        "gamma": 0.1,
        "step": factors(lambda o: of.MultiStepLR(o, milestones=[2, 5], gamma=0.1)),
    }


golden = {
    "madeBy": f"torch {torch.__version__.split('+')[0]}",
    "optimizers": optimizers(),
    "batchNorm": batch_norm(),
    "softCrossEntropy": soft_cross_entropy(),
    "schedules": schedules(),
}
path = pathlib.Path(__file__).with_name("pytorch.json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
