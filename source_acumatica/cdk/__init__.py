"""What meets the CDK: catalogs and states in, messages out. The CDK's own way of reading is not used."""
