"""What every benchmark needs: measuring in a process of its own, rows, the made-up input, the report."""
