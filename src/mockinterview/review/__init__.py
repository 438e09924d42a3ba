"""What past interviews tell: which questions to ask again and when, what got better, and cards of what was missed."""
