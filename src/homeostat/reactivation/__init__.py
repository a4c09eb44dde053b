"""Noisy recurrent networks that reactivate what they learned when their input is gone (Krishna et al. 2024)."""
