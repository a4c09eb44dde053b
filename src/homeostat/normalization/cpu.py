"""LeNet5 of one condition on one CPU core: forward and backward pass written out, over the compiled kernels.

Images are columns: fully connected layers hold (units, B). See :mod:`homeostat.normalization.kernels` for maps.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from homeostat.compiled import copied, empty, zeros
from homeostat.errors import DataError
from homeostat.normalization import kernels
from homeostat.normalization.conditions import Condition
from homeostat.normalization.engine import BETA1, BETA2, EPSILON, Outputs, Step, check_images
from homeostat.normalization.kernels import LANES
from homeostat.normalization.lenet import BN_EPSILON, HIDDEN, KERNEL, SIDE, parts

Array = NDArray[np.float32]
# Larger batches, without a way back, pass in tiles of so many images.
LARGE, TILE = 1024, 64
_POOLED = (SIDE - KERNEL + 1) // 2  # side of the maps between the two convolutions
_LAST = (_POOLED - KERNEL + 1) // 2
_MARGIN = (KERNEL - 1) * LANES


class CpuEngine:
    """One network, its gradient, and Adam.

    Parameters
    ----------
    condition, rows, learning_rate
        The kind of network, its parameters as they stand (1, n_parameters), the rate of Adam.

    Attributes
    ----------
    rows : (1, n_parameters)
        The trained parameters, see :func:`homeostat.normalization.lenet.parts`.
    gradient : (1, n_parameters)
        Gradient of the last step's loss.
    steps_at_once
        So many steps may be asked of one call of :meth:`steps`.
    """

    steps_at_once = 1

    def __init__(self, condition: Condition, rows: Array, learning_rate: float) -> None:
        if len(rows) != 1:
            raise DataError(f"the CPU engine takes one network at a time, got {len(rows)}")
        self.condition = condition
        self.rows = copied(rows, np.float32)
        self.gradient = zeros(rows.shape)
        self.learning_rate = learning_rate
        self._first, self._second, self._count = zeros(rows.shape), zeros(rows.shape), 0
        self._values = {name: value[0] for name, value in parts(condition, self.rows).items()}
        self._gradients = {name: value[0] for name, value in parts(condition, self.gradient).items()}
        self._layers = {name: _Hidden(condition, name, self._values, self._gradients) for name in HIDDEN}
        self._buffers: dict[int, _Buffers] = {}

    def forward(self, images: NDArray[np.uint8]) -> Outputs:
        """Return the outputs for a batch of images (B, 3, 32, 32)."""
        check_images(images)
        with np.errstate(over="ignore", invalid="ignore"):
            if len(images) > LARGE:
                *_, fc1, _, fc2, logits = self._connect(self._features(images))
            else:
                memory = self._forward(images, np.arange(len(images)))
                fc1, fc2, logits = memory.fc1, memory.fc2, memory.logits
        return Outputs(fc1.T[None].copy(), fc2.T[None].copy(), logits.T[None].copy())

    def steps(self, images: NDArray[np.uint8], labels: NDArray[np.uint8], chosen: NDArray[np.int64]) -> Step:
        """Make the one step on the batch ``images[chosen[0, 0]]``; ``chosen`` is (1, 1, B)."""
        return self.step(images, labels, chosen[0])

    def step(self, images: NDArray[np.uint8], labels: NDArray[np.uint8], chosen: NDArray[np.int64]) -> Step:
        """Make one step of Adam on the batch ``images[chosen[0]]``; ``chosen`` is (1, B)."""
        # A network that diverged goes on as NaN and is marked as such; there is no need to warn at each step.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            memory = self._forward(images, chosen[0])
            loss = self._backward(memory, labels[chosen[0]])
        self._count += 1
        kernels.adam(
            self.rows[0],
            self.gradient[0],
            self._first[0],
            self._second[0],
            np.float32(self.learning_rate / (1 - BETA1**self._count)),
            np.float32(np.sqrt(1 - BETA2**self._count)),
            np.float32(BETA1),
            np.float32(BETA2),
            np.float32(EPSILON),
        )
        active = [(y > 0).mean(axis=1, dtype=np.float32)[None] for y in (memory.fc1, memory.fc2)]
        return Step(np.array([loss], np.float32), *active)

    def state(self) -> dict[str, NDArray]:
        """Return everything that :meth:`restore` needs to go on with the same numbers."""
        return {"rows": self.rows, "first": self._first, "second": self._second, "count": np.array(self._count)}

    def restore(self, state: Mapping[str, NDArray]) -> None:
        """Go on from what :meth:`state` returned."""
        self.rows[:], self._first[:], self._second[:] = state["rows"], state["first"], state["second"]
        self._count = int(state["count"])

    def _forward(self, images: NDArray[np.uint8], chosen: NDArray[np.int64]) -> "_Buffers":
        memory = self._memory(len(chosen))
        kernels.load_batch(images, chosen, memory.x)
        for name, x, maps in (("conv1", memory.x, memory.conv1), ("conv2", memory.conv1.y, memory.conv2)):
            layer = self._layers[name]
            layer.convolve(x, maps)
            layer.measure(partial(iter, [(maps, len(chosen))]))
            kernels.pool(maps.z, layer.slope, layer.offset, maps.y, maps.winner)
        memory.features = _columns(memory.conv2.y, len(chosen))
        memory.z1, memory.fc1, memory.z2, memory.fc2, memory.logits = self._connect(memory.features)
        return memory

    def _features(self, images: NDArray[np.uint8]) -> Array:
        """Return the features of a large batch, (fan-in, B), tile by tile; batch statistics are those of all tiles.

        Maps of a tile are made again for the mean, the variance and the output: to fill memory that is new to the
        process takes longer.
        """
        tiles = np.split(np.arange(len(images)), range(TILE, len(images), TILE))
        inputs: list[Array] = []

        def convolved(name: str) -> Iterator[tuple["_Maps", int]]:
            for number, tile in enumerate(tiles):
                memory = self._memory(len(tile))
                if name == "conv1":
                    kernels.load_batch(images, tile, memory.x)
                maps: _Maps = getattr(memory, name)
                self._layers[name].convolve(memory.x if name == "conv1" else inputs[number], maps)
                yield maps, len(tile)

        for name in ("conv1", "conv2"):
            layer = self._layers[name]
            layer.measure(partial(convolved, name))
            outputs = []
            for maps, _ in convolved(name):
                kernels.pool(maps.z, layer.slope, layer.offset, maps.y, maps.winner)
                outputs.append(copied(maps.y))
            inputs = outputs
        return np.concatenate([_columns(y, len(tile)) for y, tile in zip(inputs, tiles, strict=True)], axis=1)

    def _connect(self, features: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Return z and output of both fully connected layers, and the logits."""
        z1, fc1 = self._layers["fc1"].connect(features)
        z2, fc2 = self._layers["fc2"].connect(fc1)
        return z1, fc1, z2, fc2, self._values["fc3.weight"] @ fc2 + self._values["fc3.bias"][:, None]

    def _memory(self, size: int) -> "_Buffers":
        if size not in self._buffers:
            self._buffers = {size: _Buffers(size)}
        return self._buffers[size]

    def _backward(self, memory: "_Buffers", labels: NDArray[np.uint8]) -> float:
        size = len(labels)
        exponent = memory.logits - memory.logits.max(axis=0)
        share = np.exp(exponent)
        share /= share.sum(axis=0)
        picked = (labels, np.arange(size))
        loss = -np.log(share[picked]).mean()
        share[picked] -= 1.0
        share /= size
        np.matmul(share, memory.fc2.T, out=self._gradients["fc3.weight"])
        share.sum(axis=1, out=self._gradients["fc3.bias"])
        d = self._values["fc3.weight"].T @ share
        d = self._layers["fc2"].connect_back(d, memory.fc1, memory.z2, memory.fc2)
        d = self._layers["fc1"].connect_back(d, memory.features, memory.z1, memory.fc1)
        _into_blocks(d, memory.conv2.dy)
        for name, x, maps in (("conv2", memory.conv1.y, memory.conv2), ("conv1", memory.x, memory.conv1)):
            layer = self._layers[name]
            total, weighted = np.empty_like(layer.slope), np.empty_like(layer.slope)
            kernels.pool_sums(maps.dy, maps.y, maps.winner, maps.z, size, total, weighted)
            constant, linear = layer.back(total, weighted, size * maps.positions)
            kernels.unpool(maps.dy, maps.winner, maps.z, size, layer.slope, constant, linear, maps.margin, maps.dz)
            if name == "conv2":
                kernels.input_gradient(maps.dz, layer.effective.reshape(HIDDEN[name]), memory.conv1.dy)
            gradient = np.empty(HIDDEN[name], np.float32)
            kernels.weight_gradient(x, maps.dz, maps.margin, gradient)
            layer.weight_back(gradient.reshape(len(gradient), -1))
        return float(loss)


class _Hidden:
    """The normalization of one hidden layer: z -> slope z + offset before ReLU, and back."""

    def __init__(
        self, condition: Condition, name: str, values: Mapping[str, Array], gradients: Mapping[str, Array]
    ) -> None:
        self._condition, self._name = condition, name
        own = [parameter for parameter in values if parameter.startswith(f"{name}.")]
        self._value = {parameter.split(".")[1]: values[parameter] for parameter in own}
        self._gradient = {parameter.split(".")[1]: gradients[parameter] for parameter in own}
        for group in (self._value, self._gradient):
            group["weight"] = group["weight"].reshape(len(group["weight"]), -1)
        self.bias = self._value["bias"]
        self.effective: Array = self._value["weight"]
        self.mean, self.variance = np.zeros_like(self.bias), np.zeros_like(self.bias)
        self.slope, self.offset = np.ones_like(self.bias), np.zeros_like(self.bias)

    def weight(self) -> Array:
        """Return the weights that the inputs meet (units, fan-in), and keep them for the way back."""
        value = self._value
        if self._condition.weights == "scaled":
            self.effective = value["alpha"][:, None] * value["weight"]
        elif self._condition.weights == "normalized":
            self._norm = np.sqrt(np.square(value["weight"]).sum(axis=1))
            self.effective = (value["c"] / self._norm)[:, None] * value["weight"]
        return self.effective

    def weight_back(self, gradient: Array) -> None:
        """Turn the gradient by the effective weights into those by the parameters."""
        value, into = self._value, self._gradient
        if self._condition.weights == "plain":
            into["weight"][:] = gradient
            return
        along = (gradient * value["weight"]).sum(axis=1)
        if self._condition.weights == "scaled":
            into["alpha"][:] = along
            np.multiply(value["alpha"][:, None], gradient, out=into["weight"])
            return
        into["c"][:] = along / self._norm
        scale = value["c"] / self._norm
        into["weight"][:] = scale[:, None] * gradient - (scale * along / self._norm**2)[:, None] * value["weight"]

    def convolve(self, x: Array, maps: "_Maps") -> None:
        """Set the maps z of a convolutional layer."""
        kernels.convolve(x, self.weight().reshape(HIDDEN[self._name]), self.bias, maps.z)

    def measure(self, maps: Callable[[], Iterable[tuple["_Maps", int]]]) -> None:
        """Take the batch's mean and variance, as far as they are needed, from its maps, of so many images each."""
        needed = {"nothing": (), "mean": (self.mean,)}.get(self._condition.batch, (self.mean, self.variance))
        for power, moment in enumerate(needed):
            total, count = np.zeros(len(moment)), 0
            for part, size in maps():
                kernels.channel_sums(part.z, size, power, self.mean, total)
                count += size * part.positions
            moment[:] = total / count
        self.prepare()

    def prepare(self) -> None:
        """Set slope and offset from the batch's mean and variance."""
        if self._condition.batch == "mean":
            self.offset = -self.mean
        elif self._condition.batch == "mean and variance":
            self._deviation = np.sqrt(self.variance + np.float32(BN_EPSILON))
            self.slope = self._value["gamma"] / self._deviation
            self.offset = self._value["beta"] - self.slope * self.mean

    def back(self, total: Array, weighted: Array, count: int) -> tuple[Array, Array]:
        """Return k and l of dL/dz = slope dL/da + k + l z, where a = slope z + offset; set the gradients of this step.

        ``total`` and ``weighted`` are the sums of dL/da and (dL/da) z over the batch and space, ``count`` values.
        Where the batch's mean is taken out, the bias has no effect: its gradient is exactly 0.
        """
        nothing = np.zeros_like(total)
        if self._condition.batch == "nothing":
            self._gradient["bias"][:] = total
            return nothing, nothing
        self._gradient["bias"][:] = 0.0
        if self._condition.batch == "mean":
            return -total / np.float32(count), nothing
        gamma = (weighted - self.mean * total) / self._deviation
        self._gradient["gamma"][:] = gamma
        self._gradient["beta"][:] = total
        linear = -self.slope * gamma / (self._deviation * np.float32(count))
        return -self.slope * total / np.float32(count) - linear * self.mean, linear

    def connect(self, x: Array) -> tuple[Array, Array]:
        """Return z and y = ReLU(slope z + offset) of a fully connected layer: (fan-in, B) -> (units, B) twice."""
        z: Array = self.weight() @ x
        z += self.bias[:, None]
        if self._condition.batch == "nothing":
            return z, np.maximum(z, 0.0)
        self.mean = z.mean(axis=1)
        if self._condition.batch == "mean and variance":
            self.variance = np.square(z - self.mean[:, None]).mean(axis=1)
        self.prepare()
        y: Array = np.maximum(self.slope[:, None] * z + self.offset[:, None], 0.0)
        return z, y

    def connect_back(self, d: Array, x: Array, z: Array, y: Array) -> Array:
        """Return dL/dx from dL/dy, and set the gradients of a fully connected layer."""
        d = d * (y > 0)
        weighted = (d * z).sum(axis=1) if self._condition.batch == "mean and variance" else np.zeros_like(self.bias)
        constant, linear = self.back(d.sum(axis=1), weighted, d.shape[1])
        if self._condition.batch != "nothing":
            d *= self.slope[:, None]
            d += constant[:, None]
        if self._condition.batch == "mean and variance":
            d += linear[:, None] * z
        self.weight_back(d @ x.T)
        return self.effective.T @ d


class _Maps:
    """Arrays of one convolutional layer: z, pooled output y and its gradient dy, and dz with a margin."""

    def __init__(self, n_blocks: int, channels: int, side: int, margin: int) -> None:
        half = (n_blocks, channels, side // 2, side // 2 * LANES)
        self.positions = side * side
        self.margin = margin
        self.z = empty((n_blocks, channels, side, side * LANES))
        self.y, self.dy, self.winner = empty(half), empty(half), empty(half, np.int32)
        # Without a margin z is not needed any more once dz is there.
        wide = (n_blocks, channels, side, side * LANES + 2 * margin)
        self.dz = zeros(wide) if margin else self.z


@dataclass
class _Buffers:
    """Memory for batches of one size."""

    size: int
    features: Array = field(init=False)
    z1: Array = field(init=False)
    fc1: Array = field(init=False)
    z2: Array = field(init=False)
    fc2: Array = field(init=False)
    logits: Array = field(init=False)

    def __post_init__(self) -> None:
        n_blocks = -(-self.size // LANES)
        self.x = empty((n_blocks, 3, SIDE, SIDE * LANES))
        self.conv1 = _Maps(n_blocks, HIDDEN["conv1"][0], 2 * _POOLED, 0)
        self.conv2 = _Maps(n_blocks, HIDDEN["conv2"][0], 2 * _LAST, _MARGIN)


def _columns(y: Array, size: int) -> Array:
    """Return maps as columns of features: (n_blocks, C, H, W * LANES) -> (C H W, B)."""
    if len(y) == 1:
        return y.reshape(-1, LANES)[:, :size]
    blocks = y.reshape(len(y), -1, LANES).transpose(1, 0, 2)
    return blocks.reshape(blocks.shape[0], -1)[:, :size]


def _into_blocks(columns: Array, maps: Array) -> None:
    """Write columns of features into maps; spare lanes keep what they hold."""
    view = maps.reshape(len(maps), -1, LANES)
    for block in range(len(maps)):
        part = columns[:, block * LANES : (block + 1) * LANES]
        view[block, :, : part.shape[1]] = part
