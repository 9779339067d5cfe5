"""The pages as they are shown: how quickly, how much travels, where the sound stands, and pictures of all of them."""
