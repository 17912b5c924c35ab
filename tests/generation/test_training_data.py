"""What is learned from is read, checked, split by caption and loaded in an order that a seed decides."""

import json
import struct

import numpy as np
import pytest
from PIL import Image, ImageDraw

from generation.training.data.gathering import gather
from generation.training.data.loading import Examples, Share, batches, blank_captions, once
from generation.training.data.splitting import split
from generation.training.data.table import Table
from generation.training.errors import TrainingError

SIZE = 32


def picture(folder, name, colour, mode="RGB", size=(40, 48), **how):
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).ellipse((4, 4, 30, 30), fill=colour)
    path = folder / name
    image.convert(mode).save(path, **how)
    return name


def with_an_empty_second_page(tiff):
    """A TIFF's directory ends with the place of the next; this one leads to a directory without entries."""
    whole = bytearray(tiff.read_bytes())
    (first,) = struct.unpack_from("<I", whole, 4)
    (entries,) = struct.unpack_from("<H", whole, first)
    struct.pack_into("<I", whole, first + 2 + 12 * entries, len(whole))
    return bytes(whole) + bytes(6)


def table_of(folder, rows, name="captions.csv"):
    text = "caption,picture\n" + "".join(f'"{caption}",{path}\n' for caption, path in rows)
    (folder / name).write_text(text, "utf-8")
    return Table.at(folder / name)


def test_bad_rows_are_counted_by_reason_and_the_good_ones_kept(tmp_path):
    good = picture(tmp_path, "red.png", "red")
    whole = (tmp_path / picture(tmp_path, "whole.jpg", "green", size=(300, 300))).read_bytes()
    (tmp_path / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "second.tif").write_bytes(with_an_empty_second_page(tmp_path / picture(tmp_path, "a.tif", "green")))
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    rows = [
        ("a red ball", good),
        ("half of a picture", "truncated.jpg"),
        ("a text", "text.png"),
        ("a page of no size", "second.tif"),
        ("two frames", "moving.gif"),
        ("nothing there", "gone.png"),
        ("", good),
        ("a red ball", good),
        ("another name for it", good),
        ("a dot", picture(tmp_path, "dot.png", "red", size=(8, 8))),
        ("a ribbon", picture(tmp_path, "ribbon.png", "red", size=(40, 400))),
        ("somebody else's", "../outside.png"),
    ]
    gathered = gather(table_of(tmp_path, rows), SIZE, tmp_path / "work")
    assert gathered.captions == ("a red ball", "another name for it")
    assert gathered.rows == (1, 9)
    assert gathered.pixels.shape == (2, SIZE, SIZE, 3)
    assert gathered.counts == {
        "damaged": 2,
        "no picture": 1,
        "animated": 1,
        "missing": 1,
        "without a caption": 1,
        "twice there": 1,
        f"smaller than {SIZE} pixels": 1,
        "too long for a square": 1,
        "outside of the pictures' folder": 1,
    }
    listed = [json.loads(line) for line in (tmp_path / "work/left-out.jsonl").read_text("utf-8").splitlines()]
    assert {"row": 2, "picture": "truncated.jpg", "why": "damaged"} in listed


def test_a_second_run_reads_no_picture_again_unless_one_changed(tmp_path):
    name = picture(tmp_path, "red.png", "red")
    table = table_of(tmp_path, [("a red ball\u2028of wool", name)])
    first = gather(table, SIZE, tmp_path / "work")
    made = (tmp_path / "work/pixels.raw").stat().st_mtime_ns
    assert gather(table, SIZE, tmp_path / "work").digest == first.digest
    assert (tmp_path / "work/pixels.raw").stat().st_mtime_ns == made
    picture(tmp_path, "red.png", "blue", size=(60, 60))
    assert gather(table, SIZE, tmp_path / "work").digest != first.digest


@pytest.mark.parametrize(
    ("mode", "name", "how"),
    [("CMYK", "cmyk.jpg", {}), ("L", "grey.png", {}), ("P", "palette.png", {}), ("RGBA", "clear.webp", {})],
)
def test_pictures_of_other_modes_are_learned_from_in_rgb(tmp_path, mode, name, how):
    table = table_of(tmp_path, [("a ball", picture(tmp_path, name, "red", mode=mode, size=(64, 64), **how))])
    pixels = gather(table, SIZE, tmp_path / "work").pixels[0]
    assert pixels[0, 0].min() > 240  # the white ground
    assert pixels[8, 8, 2] < 120


def test_a_picture_of_16_bits_keeps_its_greys(tmp_path):
    Image.fromarray(np.full((40, 40), 0x8000, np.uint16)).save(tmp_path / "deep.png")
    pixels = gather(table_of(tmp_path, [("grey", "deep.png")]), SIZE, tmp_path / "work").pixels[0]
    assert (pixels == 128).all()


def test_what_is_transparent_becomes_white(tmp_path):
    Image.new("RGBA", (40, 40), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (gather(table_of(tmp_path, [("air", "clear.png")]), SIZE, tmp_path / "work").pixels[0] == 255).all()


def test_every_kind_of_table_gives_the_same_rows(tmp_path):
    import pyarrow
    import pyarrow.parquet

    rows = [("une fusée 🚀", "a.png"), ("火箭", "b.png"), ("صاروخ", "c.png")]
    (tmp_path / "t.tsv").write_text("text\timage\n" + "".join(f"{c}\t{p}\n" for c, p in rows), "utf-8")
    lines = [json.dumps({"prompt": c, "file_name": p}, ensure_ascii=False) for c, p in rows]
    (tmp_path / "t.jsonl").write_text("\n".join(lines), "utf-8")
    columns = {"caption": [c for c, _ in rows], "picture": [p for _, p in rows]}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    expected = list(table_of(tmp_path, rows).rows())
    assert [(row.caption, row.picture) for row in expected] == rows
    for name in ("t.tsv", "t.jsonl", "t.parquet"):
        assert list(Table.at(tmp_path / name).rows()) == expected


def test_a_folder_has_its_captions_in_texts_beside_the_pictures(tmp_path):
    picture(tmp_path, "a.png", "red")
    (tmp_path / "a.txt").write_text("a red ball\n", "utf-8")
    picture(tmp_path, "b.png", "blue")
    gathered = gather(Table.at(tmp_path), SIZE, tmp_path.parent / "work")
    assert gathered.captions == ("a red ball",)
    assert gathered.counts == {"without a caption": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("caption,picture\n", "it has no rows"),
        ("title,picture\na,b.png\n", "no column caption or text or prompt"),
        ("caption,picture\n,b.png\n", "1 without a caption"),
    ],
)
def test_a_table_with_nothing_to_learn_from_is_refused_in_words(tmp_path, content, message):
    (tmp_path / "t.csv").write_text(content, "utf-8")
    with pytest.raises(TrainingError, match=message):
        gather(Table.at(tmp_path / "t.csv"), SIZE, tmp_path / "work")


def test_what_is_no_table_is_refused_by_name(tmp_path):
    with pytest.raises(TrainingError, match="no such file"):
        Table.at(tmp_path / "none.csv")
    (tmp_path / "t.xlsx").write_bytes(b"PK")
    with pytest.raises(TrainingError, match=r"\.jsonl"):
        Table.at(tmp_path / "t.xlsx")
    for name, content in (("t.csv", b"caption,picture\n\xff\xfe,a.png\n"), ("t.parquet", b"PAR1"), ("t.jsonl", b"[1")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(TrainingError, match=name):
            list(Table.at(tmp_path / name).rows())


def test_the_split_is_by_caption_whatever_the_order_of_the_rows():
    captions = [f"Caption {index // 3}" if index % 2 else f"caption  {index // 3} " for index in range(90)]
    parts = split(captions, seed=4)
    named = [{captions[place].casefold().split()[1] for place in places} for places in
             (parts.train, parts.validation, parts.test)]  # fmt: skip
    assert len(set.union(*named)) == sum(len(part) for part in named)
    assert [len(part) for part in named] == [24, 3, 3]
    turned = split(captions[::-1], seed=4)
    assert {captions[::-1][place].casefold().split()[1] for place in turned.test} == named[2]
    assert {captions[place] for place in split(captions, seed=5).test} != {captions[place] for place in parts.test}


@pytest.mark.parametrize("captions", [["one"], ["one", "two", "One "]])
def test_too_few_captions_are_refused(captions):
    with pytest.raises(TrainingError, match="3 captions at the very least"):
        split(captions, seed=0)


def numbers(count):
    return Examples({"a": np.arange(count)}, np.arange(count))


def test_batches_go_on_from_any_state_in_the_same_order():
    loader = batches(numbers(10), 4, seed=1)
    seen = [next(loader)["a"].tolist() for _ in range(3)]
    state = json.loads(json.dumps(loader.get_state()))
    rest = [next(loader)["a"].tolist() for _ in range(4)]
    again = batches(numbers(10), 4, seed=1)
    again.set_state(state)
    assert [next(again)["a"].tolist() for _ in range(4)] == rest
    in_order = [number for batch in (*seen, *rest) for number in batch]
    assert sorted(in_order[:10]) == list(range(10))
    assert sorted(in_order[10:20]) == list(range(10))
    assert in_order[:10] != in_order[10:20]


def test_two_processes_share_the_batches_of_one():
    alone = batches(numbers(10), 4, seed=1)
    shares = [batches(numbers(10), 4, seed=1, share=Share(index, 2)) for index in range(2)]
    for _ in range(5):
        together = np.concatenate([next(share)["a"] for share in shares])
        assert sorted(together) == sorted(next(alone)["a"])


def test_so_many_captions_are_blanked_the_same_ones_for_every_share():
    columns = {"ids": np.ones((50, 3), np.int32), "lengths": np.full(50, 3, np.int32)}
    examples = Examples(columns, np.arange(50))
    change = blank_captions(np.array([0, 2, 1]), 2, 0.3)
    alone = batches(examples, 50, seed=3, change=change)
    batch = next(alone)
    blanked = {int(place) for place in batch["place"][batch["lengths"] == 2]}
    shared: set[int] = set()
    for index in range(2):
        batch = next(batches(examples, 50, seed=3, share=Share(index, 2), change=change))
        shared |= {int(place) for place in batch["place"][batch["lengths"] == 2]}
    assert blanked == shared
    assert 5 < len(blanked) < 25


def test_going_through_once_counts_every_row_once():
    found = list(once(numbers(5), 2))
    assert [batch["a"].tolist() for batch in found] == [[0, 1], [2, 3], [4, 0]]
    assert found[-1]["weight"].tolist() == [1, 0]
