"""The import contract of modules: no chain of imports leads from a module back to itself.

`acyclic_siblings` of import-linter compares packages and modules next to each other. This contract
adds what it cannot see: imports of a package by its own modules, and imports by name, which
`registry.load` does at run time. `lint-imports` finds it by `contract_types` in pyproject.toml.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

from rnnlab.base import registry

Imports = dict[str, set[str]]
"""Module -> modules that it imports."""


class AcyclicModules(Contract):
    """The modules of a package import each other in one direction, in functions and by name, too.

    A module also imports the packages around the imported module: Python runs them first.
    """

    type_name = "acyclic_modules"
    package = fields.StringField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Return the first cycle in the metadata, empty if there is none."""
        package = str(self.package)
        modules = {m for m in graph.modules if m == package or m.startswith(f"{package}.")}
        imports = {
            module: graph.find_modules_directly_imported_by(module) & modules for module in modules
        }
        cycle = find_cycle(with_packages(with_loads(package, imports)))
        return ContractCheck(kept=not cycle, metadata={"cycle": cycle})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print the cycle, an import per line."""
        cycle = check.metadata["cycle"]
        for importer, imported in pairwise(cycle):
            output.print_error(f"{importer} imports {imported}")


def find_cycle(imports: Mapping[str, set[str]]) -> list[str]:
    """Return the modules of a cycle in the order of their imports, the first one again at the end.

    Empty if there is no cycle.
    """
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return cycle[::-1]
    return []


def with_packages(imports: Mapping[str, set[str]]) -> Imports:
    """Return the imports with the packages that run before an imported module.

    Those that contain the importer are omitted: they are running already.
    """
    return {
        module: imported | {p for name in imported for p in packages_of(name, module)}
        for module, imported in imports.items()
    }


def packages_of(name: str, importer: str) -> Iterator[str]:
    """Yield the packages that contain a module, but not its importer."""
    while package := name.rpartition(".")[0]:
        if not f"{importer}.".startswith(f"{package}."):
            yield package
        name = package


def with_loads(package: str, imports: Mapping[str, set[str]]) -> Imports:
    """Return the imports with the entries that each module loads by name."""
    root = next(iter(find_spec(package).submodule_search_locations or ()))  # type: ignore[union-attr]
    extended: Imports = {}
    for module, imported in imports.items():
        path = Path(root, *module.split(".")[1:])
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        kinds = loaded_kinds(file.read_text(encoding="utf-8"))
        extended[module] = imported | {entry for kind in kinds for entry in entries_of(kind)}
    return extended


def entries_of(kind: str) -> Iterator[str]:
    """Yield the modules of a registry's entries."""
    for name in registry.names(kind):
        yield f"rnnlab.{kind.replace('/', '.')}.{name.replace('-', '_')}"


def loaded_kinds(source: str) -> Iterator[str]:
    """Yield the kinds that a module passes to `registry.load`: literals or its own constants."""
    tree = ast.parse(source)
    constants: dict[str, object] = {}
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=literal)):
                constants[name] = literal
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="registry"), attr="load"), args=[argument, *_]
            ):
                kind: object = None
                if isinstance(argument, ast.Constant):
                    kind = argument.value
                elif isinstance(argument, ast.Name):
                    kind = constants.get(argument.id)
                if not isinstance(kind, str):
                    raise TypeError(f"line {node.lineno}: the kind is not a constant string")
                yield kind
