"""Texts and their numbers, for many: the same as a dict says, whatever is put in and taken out again."""

from random import Random

import pytest

from fengsui.engines.names import Names


def texts(rng: Random, n: int) -> list[str]:
    letters = "ab/0é王\x1f"
    return ["".join(rng.choices(letters, k=rng.randint(1, 6))) for _ in range(n)]


def test_texts_are_numbered_in_the_order_in_which_they_first_appear():
    names = Names()
    assert names.numbers(["b", "a", "b", "王", ""]).tolist() == [1, 2, 1, 3, 4]
    assert names.numbers(["", "c", "王"]).tolist() == [4, 5, 3]
    assert names.texts([3, 1, 4]) == ["王", "b", ""]


def test_a_text_that_was_never_numbered_has_the_number_nought():
    names = Names()
    names.numbers(["a"])
    assert names.known(["a", "aa", ""]).tolist() == [1, 0, 0]
    assert names.n == 1


@pytest.mark.parametrize("seed", range(4))
def test_numbers_are_those_of_a_dict_whatever_is_forgotten_again(seed):
    rng = Random(seed)
    names, judge = Names(), {}
    for _ in range(30):
        given = texts(rng, rng.choice((1, 50, 900)))
        for text in given:
            judge.setdefault(text, len(judge) + 1)
        assert names.numbers(given).tolist() == [judge[text] for text in given]
        if rng.random() < 0.4:
            kept = rng.randint(0, len(judge))
            judge = {text: n for text, n in judge.items() if n <= kept}
            names.cut(kept)
        asked = texts(rng, 40)
        assert names.known(asked).tolist() == [judge.get(text, 0) for text in asked]
    assert names.texts(range(1, names.n + 1)) == list(judge)
