"""Makes tables of `config/lexicon` from published sources; a running bot needs none of it."""
