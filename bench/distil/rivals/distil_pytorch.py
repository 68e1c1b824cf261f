"""Distillation as a plain PyTorch script does it: the teacher looks at every batch. Writes a line of JSON: the seconds of
each epoch of one run, or of a whole study. Started by the bench with a JSON task."""

import json
import struct
import sys
import time
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "engine" / "rivals"))

import numpy
import torch
from torch.fx.experimental.optimization import fuse
from torch.nn import functional

from networks import create_network

task = json.loads(sys.argv[1])
torch.set_num_threads(task["threads"])
# As TensorFlow's own threads do.
torch.set_flush_denormal(True)
channels_last = task["setting"].get("channelsLast", False)
memory_format = torch.channels_last if channels_last else torch.contiguous_format

data_file = Path(task["data"])
data = json.loads(data_file.read_text())


def stored_images(name: str) -> torch.Tensor:
    """All images of a file as bytes [images, 3, size, size], in the memory format of the setting."""
    pixels = torch.from_numpy(numpy.fromfile(data_file.with_name(name), dtype=numpy.uint8))
    size = data["size"]
    return pixels.view(-1, size, size, 3).permute(0, 3, 1, 2).contiguous(memory_format=memory_format)


def read_safetensors(file: str) -> dict:
    """The tensors of a file of float32 weights: 8 bytes of length, a header in JSON, the numbers."""
    content = Path(file).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    tensors = {}
    for name, about in json.loads(content[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in about["data_offsets"])
        dtype = {"F32": numpy.float32, "I64": numpy.int64}[about["dtype"]]
        tensors[name] = torch.from_numpy(numpy.frombuffer(content[begin:end], dtype=dtype).reshape(about["shape"]).copy())
    return tensors


def open_teacher() -> torch.nn.Module:
    """Its batch normalisation folded into the convolutions, which is PyTorch's fastest way to look."""
    about = task["teacher"]
    network = create_network(about["model"], about["classes"], 3)
    network.load_state_dict(read_safetensors(data["weights"]), strict=True)
    return fuse(network.eval()).to(memory_format=memory_format)


def constants(preprocessing: dict):
    return [torch.tensor(preprocessing[name]).view(1, 3, 1, 1) for name in ("mean", "std")]


student_mean, student_std = constants(data["student"])
teacher_mean, teacher_std = constants(data["teacher"])


def seen_by_teacher(images: torch.Tensor) -> torch.Tensor:
    normalised = (images.float() / 255 - teacher_mean) / teacher_std
    size = task["teacher"]["size"]
    return functional.interpolate(normalised, size=(size, size), mode="bilinear", align_corners=False)


def seen_by_student(images: torch.Tensor) -> torch.Tensor:
    return (images.float() / 255 - student_mean) / student_std


def augmented(images: torch.Tensor) -> torch.Tensor:
    """Each image shifted by up to `crop` pixels, black behind it, and mirrored with probability 1/2: all at once."""
    count, _, size, _ = images.shape
    crop = task["student"]["crop"]
    padded = functional.pad(images, (crop, crop, crop, crop))
    rows = torch.randint(0, 2 * crop + 1, (count, 1)) + torch.arange(size)
    columns = torch.randint(0, 2 * crop + 1, (count, 1)) + torch.arange(size)
    columns = torch.where(torch.rand(count, 1) < 0.5, columns.flip(1), columns)
    batch = torch.arange(count)[:, None, None]
    # Indices around a slice put the channels last, which is the order they have in memory where the setting asks for it.
    cut = padded[batch, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    return cut.contiguous(memory_format=memory_format)


def autocast():
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=task["precision"] == "bfloat16")


class Run:
    """One student's training."""

    def __init__(self, teacher, images, labels, temperature: float, seed: int):
        torch.manual_seed(seed)
        about, optimizer = task["student"], task["optimizer"]
        self.teacher, self.images, self.labels, self.temperature = teacher, images, labels, temperature
        self.batch = min(about["batchSize"], len(labels))
        self.student = create_network(about["model"], task["teacher"]["classes"], 3).to(memory_format=memory_format)
        self.optimizer = torch.optim.SGD(
            self.student.parameters(),
            lr=optimizer["learningRate"],
            momentum=optimizer["momentum"],
            nesterov=True,
            weight_decay=optimizer["weightDecay"],
            fused=True,
        )
        steps = len(labels) // self.batch * task["epochs"]
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, steps)
        self.loss_sum, self.loss_count, self.asked = torch.zeros(()), 0, 0

    def epoch(self):
        self.student.train()
        self.loss_sum.zero_()
        self.loss_count = 0
        order = torch.randperm(len(self.labels))
        for first in range(0, len(order) - self.batch + 1, self.batch):
            self.step(order[first : first + self.batch])

    def step(self, places):
        images, labels = self.images[places], self.labels[places]
        with torch.inference_mode(), autocast():
            taught = self.teacher(seen_by_teacher(images))
        self.asked += len(places)
        # A copy that gradients may be computed with.
        taught = taught.float().clone()
        with autocast():
            logits = self.student(seen_by_student(augmented(images)))
        loss = self.loss_of(logits.float(), taught, labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.loss_sum += loss.detach()
        self.loss_count += 1

    def loss_of(self, logits, taught, labels):
        temperature, weights = self.temperature, task["loss"]
        soft = functional.kl_div(
            functional.log_softmax(logits / temperature, 1),
            functional.log_softmax(taught / temperature, 1),
            reduction="batchmean",
            log_target=True,
        )
        hard = functional.cross_entropy(logits, labels, ignore_index=-1, reduction="sum") / len(labels)
        return weights["kdWeight"] * temperature**2 * soft + weights["ceWeight"] * hard

    def loss(self) -> float:
        return (self.loss_sum / self.loss_count).item()

    def test_top1(self, images, labels) -> float:
        self.student.eval()
        right = 0
        with torch.inference_mode():
            for first in range(0, len(labels), 256):
                answers = self.student(seen_by_student(images[first : first + 256])).argmax(1)
                right += (answers == labels[first : first + 256]).sum().item()
        return right / len(labels)


def main():
    teacher = open_teacher()
    images, labels = stored_images("train.bin"), torch.tensor(data["labels"])
    test = stored_images("test.bin"), torch.tensor(data["testLabels"])
    expected = torch.tensor(data["teacherLogits"])
    with torch.inference_mode():
        difference = (teacher(seen_by_teacher(images[: len(expected)])) - expected).abs().max().item()

    study = task.get("study")
    began = time.perf_counter()
    if study is None:
        run = Run(teacher, images, labels, task["temperature"], 0)
        seconds = []
        for _ in range(task["epochs"]):
            run.epoch()
            # Reads the loss back, as whoever watches does.
            loss = run.loss()
            seconds.append(time.perf_counter() - began - sum(seconds))
        found = {"epochSeconds": seconds, "trainLoss": loss, "testTop1": run.test_top1(*test), "teacherImages": run.asked}
    else:
        top1, asked = [], 0
        for temperature in study["temperatures"]:
            for seed in study["seeds"]:
                run = Run(teacher, images, labels, temperature, seed)
                for _ in range(task["epochs"]):
                    run.epoch()
                top1.append(run.test_top1(*test))
                asked += run.asked
        found = {"seconds": time.perf_counter() - began, "testTop1": sum(top1) / len(top1), "teacherImages": asked}
    print(json.dumps({**found, "teacherDifference": difference}), flush=True)


main()
