"""What a model lacks for a data set: reconstruction, loss by kind of caption, tokenizer; and what to train of it."""
