"""One seed, from beginning to end."""

from dataclasses import dataclass

from tests.simulation.hub import Hub, Trace
from tests.simulation.plan import plan
from tests.simulation.promises import PromiseBroken
from tests.simulation.stand_ins import crowded, running
from tests.simulation.world import World


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a seed whose promises were all kept."""

    seed: int
    steps: int
    commits: int
    rolled_back: int
    calm_s: float
    simulated_s: float


def run(seed: int, trace: Trace | None = None) -> Result:
    """Simulate ``seed``. The stand-ins must be installed.

    Raises:
        PromiseBroken: what must never happen did.
    """
    made, rng = plan(seed)
    hub = Hub(rng, trace)
    with running(hub), crowded(few=made.crowded):
        world = World(made, hub)
        try:
            calm_s = world.run()
        except Exception as fault:
            raise PromiseBroken("a thread of the program died", repr(fault)) from fault
        finally:
            world.close()
    return Result(seed, hub.steps, world.promises.checked, world.cluster.rolled_back, calm_s, hub.now)
