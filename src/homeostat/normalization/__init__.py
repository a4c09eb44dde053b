"""Normalization as homeostasis: LeNet5 under six conditions, and how evenly it uses its hidden units.

>>> from homeostat.normalization import CONDITIONS
>>> list(CONDITIONS)
['Vanilla', 'WeightNorm', 'BatchNorm', 'SynapticScaling', 'MeanOnly', 'ScaleOnly']
"""

from homeostat.normalization.conditions import CONDITIONS, Condition, find_condition

__all__ = ["CONDITIONS", "Condition", "find_condition"]
