"""What changes with the step: the regulariser's weight and the learning rate, both as factors of their full value.

Each is a function of the step alone, so that a run which goes on after a kill has nothing to remember.

Source of the cycles: H. Fu, C. Li, X. Liu, J. Gao, A. Celikyilmaz and L. Carin, Cyclical Annealing Schedule: A Simple
Approach to Mitigating KL Vanishing, NAACL 2019.
"""

from __future__ import annotations

import math

from oscvae.training.config import OptimiserConfig, RegulariserConfig


def weight_factor(config: RegulariserConfig, step: int, steps: int) -> float:
    """How much of the regulariser's weight counts at a step of `steps`, 0 to 1.

    constant: 1. linear: from 0 to 1 over `warm_up_steps`. cyclical: `cycles` times from 0 to 1 over the share `ramp` of
    a cycle, then 1 to its end.
    """
    if config.schedule == "linear":
        return min(1.0, step / config.warm_up_steps) if config.warm_up_steps else 1.0
    if config.schedule == "cyclical":
        length = math.ceil(steps / config.cycles)
        return min(1.0, (step % length) / length / config.ramp)
    return 1.0


def rate_factor(config: OptimiserConfig, step: int, steps: int, steps_per_epoch: float) -> float:
    """How much of the learning rate counts at a step of `steps`, 0 to 1.

    After a linear warm-up of `warm_up_steps`: constant; halved after every `halve_every_epochs` epochs; or the half
    cosine from 1 to 0 at the last step (I. Loshchilov and F. Hutter, SGDR, ICLR 2017).
    """
    if step < config.warm_up_steps:
        return (step + 1) / config.warm_up_steps
    if config.schedule == "halved":
        return 0.5 ** int(step / (config.halve_every_epochs * steps_per_epoch))
    if config.schedule == "cosine":
        rest = max(1, steps - config.warm_up_steps)
        return 0.5 * (1.0 + math.cos(math.pi * min(1.0, (step - config.warm_up_steps) / rest)))
    return 1.0
