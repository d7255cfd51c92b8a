"""What people see: values made from a view of the loops, before any page, language or colour."""
