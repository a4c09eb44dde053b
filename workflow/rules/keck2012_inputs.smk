# What the rules of keck2012 ask for: fits of a figure, flags of the fits.

from keck2012 import design as keck2012_design


def keck2012_fits(figure):
    """Return the fits of one figure of keck2012."""
    settings = config["keck2012"]
    rules_of = {"bars": "keck2012_fit", "digits": "keck2012_digits"}
    per_job = {"bars": settings["bars"]["seeds_per_job"], "digits": config["seeds_per_job"]}
    return [
        store_path(rules_of[data], condition=grid.name, first=first, last=last)
        for _, grid, data in keck2012_design.fits(figure, settings)
        for first, last in blocks(settings[data]["seeds"], per_job[data])
    ]


def keck2012_flags(data, *names):
    """Return keys of a section of keck2012 as flags."""
    return as_flags({name: config["keck2012"][data][name] for name in names})


# What the tables hold beside final measures: how many units' weights, and the courses of learning.
KECK2012_DETAILS = {
    "fig1": {"units": config["keck2012"]["bars"]["units"], "courses": True},
    "fig2": {"units": config["keck2012"]["digits"]["shown"], "courses": True},
    "fig3": {},
}
