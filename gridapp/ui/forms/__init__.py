"""Forms that open beside a page: visit, event, household."""
