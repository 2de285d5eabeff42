# Allows what no rule of these denies. Loaded by `opa run --server FILE`; the URL is then …/v1/data/leash
package leash

default allow := false

allow if count(deny) == 0

is_production if startswith(input.experiment.stage, "production")

# Nothing in production from Friday to Sunday, or outside of office hours (UTC).
deny contains sprintf("nothing runs in production on a %s", [input.time.weekday]) if {
	is_production
	input.time.weekday in {"Friday", "Saturday", "Sunday"}
}

deny contains sprintf("production is touched from 8 to 16, and it is %d (UTC)", [input.time.hour]) if {
	is_production
	not input.time.hour in numbers.range(8, 15)
}

# What cannot be undone needs an abort rule to stop the rest by, and never hits what is most important.
deny contains sprintf("step %d cannot be undone, and there is no abort rule", [step.number]) if {
	some step in input.steps
	step.irreversible
	not input.experiment.hasAbortRules
}

deny contains sprintf("step %d cannot be undone, and it is aimed at tier P0", [step.number]) if {
	some step in input.steps
	step.irreversible
	input.experiment.tier == "P0"
}

# At most a tenth of the fleet in one experiment, once it has ten hosts.
deny contains sprintf("%d hosts of %d, at most a tenth", [count(input.hosts), input.fleetSize]) if {
	input.fleetSize >= 10
	count(input.hosts) * 10 > input.fleetSize
}
