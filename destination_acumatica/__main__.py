"""`python -m destination_acumatica`: the same as the console script."""

from destination_acumatica.run import main

main()
