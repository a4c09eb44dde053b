"""Ising models of spikes: pairwise, K-pairwise and K-synchrony. The estimators are exported by :mod:`homeostat.rp`."""
