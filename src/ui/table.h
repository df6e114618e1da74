/* SPDX-License-Identifier: PostgreSQL */
/* Table: rows of cells under a header, fitted to the width of the device; a line never wraps.
 *
 * Rows and their texts live in the arena that the table was given. */
#ifndef PGQUELL_UI_TABLE_H
#define PGQUELL_UI_TABLE_H

#include "ui/look.h"

#define TABLE_COLUMNS_MAX 16

/* Where columns are limited, one without any text is left out, and the widths are fitted: every
 * column gets its `width_min`, and the least important ones are dropped until that fits, those that
 * are less important than the last one until that one has its `width_max`. Then, the most important
 * first, each grows to what it needs or may have, and the last one takes what is left. */
typedef struct Column {
    const char *name;
    int rank;         /* importance, 0 the highest, no two the same */
    size_t width_min; /* what it can be cut to; 0: it is never cut */
    size_t width_max; /* what it grows to where the width is limited; 0: all it needs */
    int device_min;   /* shown only where the device has that many columns */
    bool right;       /* aligned to the right */
} Column;

typedef struct Cell {
    const char *text; /* from look_text() */
    Style style;
} Cell;

typedef struct Table {
    Arena *arena;
    const Column *columns; /* borrowed */
    size_t column_count;
    Cell **rows;
    size_t row_count;
} Table;

void table_init(Table *table, Arena *arena, const Column *columns, size_t column_count);

/* Adds a row of empty cells and answers it, to be filled in. */
Cell *table_row(Table *table);

void table_print(FILE *out, const Table *table, const Look *look);

#endif
