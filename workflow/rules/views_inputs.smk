# What the rules of views ask for: stored files, of which a view that differs is made again.

# One after the other, so that each is whole or absent.
COPY = (
    '(stored=({input:q}); views=({output:q}); for i in "${{!views[@]}}"; do'
    ' cp "${{stored[i]}}" "${{views[i]}}.part" && mv "${{views[i]}}.part" "${{views[i]}}"; done) > {log:q} 2>&1'
)


def viewed(views, *sources):
    """Return an input function: the stored files that some views show, in their order."""

    def found(wildcards):
        files = [path for source in sources for path in source(wildcards)]
        if not workflow.touch:
            shown = [view.format(**dict(wildcards.items())) for view in views]
            again = set(shown) & set(workflow.dag_settings.forcerun)
            workflow.dag.forcefiles.update(str(file) for view, file in zip(shown, files) if view in again)
            if any(os.path.exists(view) and not store.same(view, file) for view, file in zip(shown, files)):
                workflow.dag.forcefiles.update(shown)
        return files

    return found


def all_stored(rule, **fixed):
    """Return an input function: all files that a rule makes, for the job's own wildcards and those that are given."""
    return lambda wildcards: store_paths(rule, **(dict(wildcards.items()) | fixed))


def tables_behind(rule):
    """Return the views of the tables that a figure is drawn from, and an input function for each."""
    found = {}
    for source in KEYS.input_functions(rule):
        if hasattr(source, "source"):
            study, stage, name = KEYS.place(*source.source).removeprefix(f"{store.STORE}/").split("/", 2)
            if stage == "tables":
                found[f"{VIEWS}/tables/{study}/{name}"] = source
    return found
