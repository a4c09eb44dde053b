"""The plain reference: an autograd loop over time in batch-major buffers, noise and cells drawn as they come.

It is written as the authors' code is: states are put into a (batch, time, neurons) buffer step by step.
"""

import numpy as np
import torch

from homeostat.reactivation.tasks import make_task


class PlainNetwork(torch.nn.Module):
    """A noisy ReLU or gated network with linear encoder and decoder, without biases."""

    def __init__(self, neurons: int, cells: int, inputs: int, rate: float, noise: float, cell: str = "relu") -> None:
        super().__init__()
        self.rate, self.noise, self.cell = rate, noise, cell
        self.recurrent = torch.nn.Linear(neurons, neurons, bias=False)
        self.input = torch.nn.Linear(inputs, neurons, bias=False)
        self.decoder = torch.nn.Linear(neurons, cells, bias=False)
        self.encoder = torch.nn.Linear(cells, neurons, bias=False)
        if cell == "gru":
            self.recurrent_gates = torch.nn.Linear(neurons, 2 * neurons, bias=False)
            self.input_gates = torch.nn.Linear(inputs, 2 * neurons, bias=False)

    def forward(self, first: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        """Return outputs (batch, time, cells) for first codes (batch, cells) and inputs (batch, time, d)."""
        state = self.encoder(first)
        states = torch.zeros(*inputs.shape[:2], state.shape[1])
        for t in range(inputs.shape[1]):
            noise = self.noise * torch.rand_like(state)
            if self.cell == "gru":
                gates = torch.sigmoid(self.recurrent_gates(state) + self.input_gates(inputs[:, t]))
                keep, gate = gates.chunk(2, dim=-1)
                candidate = torch.tanh(self.recurrent(gate * state) + self.input(inputs[:, t]))
                state = state + self.rate * (1 - keep) * (candidate - state) + noise
            else:
                drive = torch.relu(self.recurrent(state) + self.input(inputs[:, t]))
                state = (1 - self.rate) * state + self.rate * drive + noise
            states[:, t, :] = state
        return self.decoder(states)


class PlainTraining:
    """Training as the authors' loop does it."""

    def __init__(self, task: str, neurons: int, cells: int, noise: float, cell: str = "relu") -> None:
        self.task = make_task(task)
        self.rng = np.random.default_rng(0)
        torch.manual_seed(0)
        rate = 0.2 if task == "position" else 0.5
        self.network = PlainNetwork(neurons, cells, self.task.dimensions, rate, noise, cell)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3)
        self.centres = torch.as_tensor(self.rng.uniform(-1.1, 1.1, (cells, 2)), dtype=torch.float32)
        self.preferred = torch.linspace(-torch.pi, torch.pi, cells)

    def encode(self, stimulus: torch.Tensor) -> torch.Tensor:
        """Return the code of stimuli (…, d)."""
        if self.task.dimensions == 1:
            return torch.exp((torch.cos(stimulus - self.preferred) - 1) / (torch.pi / 6) ** 2)
        distance = (stimulus[..., None, :] - self.centres).square().sum(-1)
        return torch.softmax(-distance / (2 * 0.2**2), -1)

    def step(self, batch: int, steps: int) -> float:
        """Train on one batch; returns the loss."""
        drawn = self.task.draw(batch, steps, self.rng)
        inputs, targets = (
            torch.as_tensor(values.swapaxes(0, 1).copy(), dtype=torch.float32)
            for values in (drawn.inputs, drawn.targets)
        )
        first = self.encode(torch.as_tensor(drawn.start, dtype=torch.float32))
        self.optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(self.network(first, inputs), self.encode(targets))
        loss.backward()
        self.optimizer.step()
        return float(loss.detach())
