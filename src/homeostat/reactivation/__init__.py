"""Noisy recurrent networks that reactivate what they learned when their input is gone (Krishna et al. 2024).

A network is trained on a task (:mod:`~homeostat.reactivation.tasks`) with a population code of the stimulus
(:mod:`~homeostat.reactivation.codes`), and then run awake and quiescent (:mod:`~homeostat.reactivation.running`):

>>> import numpy as np, torch
>>> from homeostat.reactivation.codes import make_code
>>> from homeostat.reactivation.networks import Architecture
>>> from homeostat.reactivation.noise import Noise
>>> from homeostat.reactivation.running import DOUBLED, Network
>>> from homeostat.reactivation.tasks import make_task
>>> from homeostat.reactivation.settings import Schedule
>>> from homeostat.reactivation.trainer import Trainer
>>> from homeostat.reactivation.fitting import train
>>> rng, seed = np.random.default_rng(0), np.random.SeedSequence(0)
>>> task, noise, code = make_task("position"), Noise("gaussian", 0.01), make_code("position", 64, rng)
>>> architecture = Architecture("relu", neurons=32, outputs=code.cells, inputs=task.dimensions, tau=0.1)
>>> test = task.draw(50, 20, rng)
>>> schedule = Schedule(batches=200, batch=32, steps=20, learning_rate=0.01)
>>> trained = train(Trainer(architecture, task, code, noise, schedule, test, seed))
>>> bool(trained.curve[-1, 2] < trained.curve[0, 2] / 2)  # decoding error, metres
True
>>> network = Network(architecture, torch.as_tensor(trained.weights), code, noise)
>>> asleep = network.quiesce(network.encode(test.start), 100, noise.times(DOUBLED), seed)
>>> asleep.decoded["centroid"].shape
(100, 50, 2)
"""

from homeostat.extras import need

need(__name__, "torch", "torch")
