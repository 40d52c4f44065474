"""Tools found by what somebody says of them: the words of texts and queries, the index, names that are nearly right."""
