"""How accurate all this is: labelled recordings and plays in, shares with intervals and every disagreement out."""
