"""The user's configuration files, read as Snakemake will read them, and checked before it does."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from homeostat.errors import ConfigError
from homeostat.extras import need


def check(root: Path | None, files: Sequence[str]) -> dict[str, Any]:
    """Return what the files say, the later ones over the earlier; with a clone, checked against its schema.

    Raises
    ------
    ConfigError
        A file is not there or no YAML, or a key or value is none that can be used.
    """
    if not files:
        return {}
    need("reading a configuration", "pipeline", "yaml", "jsonschema")
    import yaml

    from homeostat.config import validate_config
    from homeostat.config_files import check_files

    found: dict[str, Any] = {}
    for file in files:
        if not Path(file).is_file():
            raise ConfigError(f"{file}: there is no such file here")
    check_files(files)
    for file in files:
        try:
            its = yaml.safe_load(Path(file).read_text(encoding="utf-8")) or {}
        except yaml.YAMLError as error:
            raise ConfigError(f"{file}: this is not YAML ({' '.join(str(error).split())})") from error
        if not isinstance(its, dict):
            raise ConfigError(f"{file}: a configuration has keys, such as 'recording: session.nwb'")
        if root is not None:
            try:
                its = validate_config(its, root / "workflow/schemas/config.schema.yaml", complete=False)
            except ConfigError as error:
                raise ConfigError(f"{file}: {error}") from None
        both = {**found.get("recording_options", {}), **(its.get("recording_options") or {})}
        found = {**found, **its, "recording_options": both}
    return found
