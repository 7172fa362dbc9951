"""What the interactive documentation is made of: Swagger UI out of its wheel, and a little of ours."""
