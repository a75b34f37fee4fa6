"""The CAD ML Platform: reads, describes and compares CAD drawings; observed only through its generated package."""
