"""Reads a company's annual report (Form 10-K) from SEC EDGAR into named fields, each with its source or a reason."""
