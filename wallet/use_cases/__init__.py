"""What can be asked of the wallet. Every front door calls these and nothing below them."""
