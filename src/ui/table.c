/* SPDX-License-Identifier: PostgreSQL */
/* Table: rows of cells under a header, fitted to the width of the device. */
#include "ui/table.h"

#include <assert.h>

#include "base/text.h"

#define GAP_COLUMNS 2 /* between two columns */

/* How wide each column is; 0: not shown. */
typedef struct Fit {
    size_t widths[TABLE_COLUMNS_MAX];
    size_t needs[TABLE_COLUMNS_MAX];
} Fit;

void table_init(Table *table, Arena *arena, const Column *columns, size_t column_count)
{
    assert(column_count > 0 && column_count <= TABLE_COLUMNS_MAX);
    *table = (Table){.arena = arena, .columns = columns, .column_count = column_count};
}

Cell *table_row(Table *table)
{
    Cell *row = ARENA_ARRAY(table->arena, Cell, table->column_count);

    for (size_t i = 0; i < table->column_count; i++)
        row[i].text = "";
    table->rows = arena_grow(table->arena, table->rows, table->row_count, sizeof(Cell *));
    table->rows[table->row_count++] = row;
    return row;
}

/* Columns that a column needs; 0 where it has no text. */
static size_t needed(const Table *table, size_t column)
{
    size_t header = text_width(table->columns[column].name);
    size_t most = 0;

    for (size_t i = 0; i < table->row_count; i++) {
        size_t width = text_width(table->rows[i][column].text);

        if (width > most)
            most = width;
    }
    return most > 0 && most < header ? header : most;
}

static size_t total(const Table *table, const Fit *fit)
{
    size_t sum = 0;

    for (size_t i = 0; i < table->column_count; i++)
        if (fit->widths[i] > 0)
            sum += fit->widths[i] + (sum > 0 ? GAP_COLUMNS : 0);
    return sum;
}

/* The least important of the columns that are shown. */
static size_t least_important(const Table *table, const Fit *fit)
{
    size_t least = TABLE_COLUMNS_MAX;

    for (size_t i = 0; i < table->column_count; i++)
        if (fit->widths[i] > 0 &&
            (least == TABLE_COLUMNS_MAX || table->columns[i].rank > table->columns[least].rank))
            least = i;
    assert(least < table->column_count);
    return least;
}

static size_t shown_count(const Table *table, const Fit *fit)
{
    size_t count = 0;

    for (size_t i = 0; i < table->column_count; i++)
        count += fit->widths[i] > 0;
    return count;
}

/* The column of this rank, or column_count. */
static size_t ranked(const Table *table, int rank)
{
    size_t i = 0;

    while (i < table->column_count && table->columns[i].rank != rank)
        i++;
    return i;
}

/* Gives what is left of the width to the columns, the most important first, and the rest of it to
 * the last one. */
static void grow(const Table *table, size_t width, Fit *fit)
{
    size_t last = table->column_count - 1;
    size_t left = width - total(table, fit);

    for (int rank = 0; left > 0 && rank < TABLE_COLUMNS_MAX; rank++) {
        size_t i = ranked(table, rank);
        size_t more;

        if (i > last || fit->widths[i] == 0)
            continue;
        more = fit->needs[i] - fit->widths[i];
        more = more < left ? more : left;
        fit->widths[i] += more;
        left -= more;
    }
    if (fit->widths[last] > 0)
        fit->widths[last] += left;
}

/* Drops what does not fit: what is less important than the last column gives way to the width that
 * one would like, what is more important only to the least that it can do with. */
static void drop(const Table *table, size_t width, Fit *fit)
{
    size_t last = table->column_count - 1;
    size_t least = fit->widths[last];

    fit->widths[last] = fit->needs[last];
    while (total(table, fit) > width && least_important(table, fit) != last)
        fit->widths[least_important(table, fit)] = 0;
    fit->widths[last] = least;
    while (total(table, fit) > width && shown_count(table, fit) > 1)
        fit->widths[least_important(table, fit)] = 0;
}

static void fit_limited(const Table *table, size_t width, Fit *fit)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const Column *column = &table->columns[i];

        if ((size_t) column->device_min > width)
            fit->needs[i] = 0;
        if (column->width_max > 0 && fit->needs[i] > column->width_max)
            fit->needs[i] = column->width_max;
        fit->widths[i] = fit->needs[i];
        if (column->width_min > 0 && fit->widths[i] > column->width_min)
            fit->widths[i] = column->width_min;
    }
    drop(table, width, fit);
    if (total(table, fit) > width)
        fit->widths[least_important(table, fit)] = width;
    grow(table, width, fit);
}

static void fit_unlimited(const Table *table, Fit *fit)
{
    for (size_t i = 0; i < table->column_count; i++) {
        size_t header = text_width(table->columns[i].name);

        fit->widths[i] = fit->needs[i] > header ? fit->needs[i] : header;
    }
}

/* Answers how many columns it took, which a wide character at the cut makes one less than `width`.
 */
static size_t add_cell(StrBuf *buf, const Look *look, const Cell *cell, size_t width, bool right)
{
    size_t needs = text_width(cell->text);
    size_t before = right && needs < width ? width - needs : 0;
    size_t from;

    strbuf_pad(buf, ' ', before);
    strbuf_add(buf, look_on(look, cell->style));
    from = buf->length;
    look_fit(look, buf, cell->text, width, false);
    needs = text_width(buf->text + from);
    strbuf_add(buf, look_off(look, cell->style));
    return before + needs;
}

static void add_line(StrBuf *buf, const Table *table, const Cell *cells, const Fit *fit,
                     const Look *look)
{
    size_t due = 0; /* blanks before the next text, so that no line ends in any */

    for (size_t i = 0; i < table->column_count; i++) {
        size_t taken = 0;

        if (fit->widths[i] == 0)
            continue;
        if (cells[i].text[0] != '\0') {
            strbuf_pad(buf, ' ', due);
            due = 0;
            taken = add_cell(buf, look, &cells[i], fit->widths[i], table->columns[i].right);
        }
        due += fit->widths[i] - taken + GAP_COLUMNS;
    }
    strbuf_add_char(buf, '\n');
}

void table_print(FILE *out, const Table *table, const Look *look)
{
    Cell header[TABLE_COLUMNS_MAX] = {{0}};
    Fit fit = {0};
    StrBuf buf;

    for (size_t i = 0; i < table->column_count; i++) {
        header[i] = (Cell){.text = table->columns[i].name, .style = STYLE_HEADING};
        fit.needs[i] = needed(table, i);
    }
    if (look->columns > 0)
        fit_limited(table, (size_t) look->columns, &fit);
    else
        fit_unlimited(table, &fit);
    strbuf_init(&buf);
    add_line(&buf, table, header, &fit, look);
    for (size_t i = 0; i < table->row_count; i++)
        add_line(&buf, table, table->rows[i], &fit, look);
    look_write(out, &buf);
    strbuf_done(&buf);
}
