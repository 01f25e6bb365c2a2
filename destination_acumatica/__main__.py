"""`python -m destination_acumatica`: the same as the console script."""

import sys

from destination_acumatica.run import main

sys.exit(main())
