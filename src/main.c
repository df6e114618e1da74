/* SPDX-License-Identifier: PostgreSQL */
/* The program: everything is in src/cmd. */
#include "cmd/command.h"

int main(int argc, char **argv)
{
    return command_main(argc, argv);
}
