// The Detection module.
