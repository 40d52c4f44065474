"""What texts mean, as a model on this machine has it: words -> pieces -> vectors, kept between starts."""
