"""Who may see and do what: posts, a policy that is data, refusals as values, and doors to what is private."""
