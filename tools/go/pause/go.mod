module wingsctl.invalid/tools/pause

go 1.26
