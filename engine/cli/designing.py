"""templates: what an editor on somebody's own machine needs to offer what the engine executes."""

from __future__ import annotations

import json
from pathlib import Path

import click

from engine.cli.output import refusals
from engine.cli.starting import configured


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@click.option("--language", type=click.Choice(["zh_CN", "en"]), default="zh_CN", show_default=True)
@click.pass_obj
def templates(config_file: Path | None, folder: Path | None, language: str) -> None:
    """Print the element templates for Camunda Modeler 7, as JSON.

    Save them as a file in the Modeler's folder resources/element-templates. With the FOLDER of one process, its forms
    and time limits and the other processes can be chosen; without, their names are typed.
    """
    from engine import deploy, design
    from engine.vocabulary import WORDS

    with refusals():
        tiers = {tier.id: (tier.name_zh, tier.name_en) for tier in configured(config_file, None).tiers}
        if folder is None:
            made = design.element_templates(WORDS, tiers=tiers, locale=language)
        else:
            here = folder.resolve()
            files = deploy.read_folder(here.parent)
            made = design.templates_for(files, f"{here.name}/{here.name}.bpmn", tiers=tiers, locale=language)
        click.echo(json.dumps(made, ensure_ascii=False, indent=1))
