"""The arguments of every construct: `(scope, id_, *, provider, ...)`."""

import importlib
import inspect
import pkgutil

import warm_standby


def construct_classes() -> list[type]:
    """Return the constructs of the package, without the stack, which makes the providers."""
    base, stack = importlib.import_module("constructs").Construct, importlib.import_module("cdktf").TerraformStack
    names = [module.name for module in pkgutil.walk_packages(warm_standby.__path__, "warm_standby.")]
    members = [(name, member) for name in names for member in vars(importlib.import_module(name)).values()]
    classes = [member for name, member in members if inspect.isclass(member) and member.__module__ == name]
    return [class_ for class_ in classes if issubclass(class_, base) and not issubclass(class_, stack)]


def follows_the_rule(class_: type) -> bool:
    _, *parameters = inspect.signature(inspect.getattr_static(class_, "__init__")).parameters.values()
    first, others = parameters[:2], parameters[2:]
    return (
        [(parameter.name, parameter.kind) for parameter in first]
        == [(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("scope", "id_")]
        and {parameter.kind for parameter in others} == {inspect.Parameter.KEYWORD_ONLY}
        and "provider" in {parameter.name for parameter in others}
    )


def test_every_construct_takes_a_scope_an_id_and_its_provider_and_all_others_by_keyword() -> None:
    classes = construct_classes()
    assert len(classes) > 25
    assert [class_.__qualname__ for class_ in classes if not follows_the_rule(class_)] == []
