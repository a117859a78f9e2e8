"""The migrations, in order: `r0001_…` makes revision 0001. A released one is never changed."""
