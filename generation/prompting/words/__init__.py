"""What single words and emoji mean and show: the tables of `config/lexicon`, and the forms in which words come."""
