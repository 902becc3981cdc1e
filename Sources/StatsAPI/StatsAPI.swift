// The StatsAPI module.
