"""Find a corpus by name or path and read its text."""

from __future__ import annotations

from pathlib import Path

from rnnlab import registry
from rnnlab.corpora._files import ENDINGS, bare_name, holds_documents, reading
from rnnlab.corpora._tokens import normalise
from rnnlab.errors import BadInputError
from rnnlab.locations import data_folder, shipped_folder


def find_corpus(corpus: str, data: Path | None = None) -> Path:
    """Return the file of a corpus: a path, a name in the data folder or a shipped one.

    Raises BadInputError with the names that are known.
    """
    if not corpus.strip() or "\0" in corpus:
        raise BadInputError("the corpus has no name", "give a corpus or the path of a text file")
    folders = (data_folder(data), shipped_folder() / "data")
    try:
        if Path(corpus).name == corpus:
            for folder in folders:
                for ending in ENDINGS:
                    file = folder / f"{corpus}{ending}"
                    if file.is_file():
                        return file
        file = Path(corpus).expanduser()
        if file.is_file():
            return file.resolve()
        if file.is_dir():
            raise BadInputError(f"{corpus} is a folder", "give a text file")
    except OSError as error:
        raise BadInputError(f"cannot read {corpus}: {error.strerror}") from None
    except RuntimeError:
        raise BadInputError(f"there is no home folder for {corpus}", "give a whole path") from None
    known = ", ".join(corpus_names(data))
    raise BadInputError(f"no corpus and no file named {corpus!r}", f"corpora: {known}")


def corpus_names(data: Path | None = None) -> list[str]:
    """Return the names of all corpora that are there."""
    folders = (data_folder(data), shipped_folder() / "data")
    files = ((file, end) for f in folders for end in ENDINGS for file in f.glob(f"*{end}"))
    return sorted({file.name.removesuffix(ending) for file, ending in files})


def shown_name(corpus: str) -> str:
    """Return a short name for a corpus: a file's name without folder and endings."""
    return bare_name(corpus)


def suggested_task(corpus: str, file: Path | None = None) -> str:
    """Return the task that a corpus is made for: documents are classified, a text is a stream.

    A shipped corpus names its own. file: where the corpus was found; by default it is a path.
    """
    if holds_documents(file or Path(corpus)):
        return "classify"
    if corpus in registry.names("corpora"):
        return str(registry.load("corpora", corpus).TASK)
    return "stream"


def read_corpus(file: Path, limit_chars: int | None = None) -> str:
    """Return a file's text: UTF-8 (a byte order mark is dropped), line ends as LF, composed (NFC).

    limit_chars: read the first so many characters only, in memory bounded by them.
    Raises BadInputError when the file cannot be read, is not UTF-8, binary or empty.
    """
    with reading(file) as stream:
        text = stream.read(-1 if limit_chars is None else limit_chars)
    if not text.strip():
        raise BadInputError(f"{file} is empty", "give a text file with some text in it")
    if "\0" in text:
        raise BadInputError(f"{file} is a binary file", "give a text file")
    return normalise(text)
