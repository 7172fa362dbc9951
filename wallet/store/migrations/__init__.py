"""The steps that make the database what the program expects. Only `dompet migrate` runs them."""
