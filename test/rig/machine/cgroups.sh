#!/bin/sh
# Cgroup functions for the other scripts here, for version 1, 2 or both.

# the directories where cgroups are mounted
cgroup_points() {
  awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup2?$/) print $5 }' /proc/self/mountinfo
}

# the same with their type and, for version 1, the option that names them
cgroup_mounts() {
  awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup2?$/) print $5, $(i + 1), $(i + 3) }' /proc/self/mountinfo
}

remove_cgroup() {
  [ -d "$1" ] && find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
}
