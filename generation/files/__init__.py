"""Files of models, read without trusting them: which may lie in a folder, weights leaf by leaf, tokenizers."""
