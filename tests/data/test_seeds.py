"""Streams of random numbers."""

from imbaloss.data.seeds import make_generator


def test_each_seed_and_each_name_has_a_stream_of_its_own_and_always_the_same():
    """The program: stream(0, "images").integers(1000, size=4)"""
    assert make_generator(0, "images").integers(1000, size=4).tolist() == [603, 231, 918, 318]
    streams = [
        make_generator(seed, name) for seed in (0, 1) for name in ("images", "weights", "batches", "validation", "test")
    ]
    assert len({tuple(one.integers(2**60, size=2)) for one in streams}) == len(streams)
