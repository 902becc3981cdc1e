// The SQLFrontend module.
