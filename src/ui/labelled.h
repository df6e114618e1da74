/* SPDX-License-Identifier: PostgreSQL */
/* Labelled: the lines `label: sentence` below what a preview is about, wrapped at the device's
 * width. */
#ifndef PGQUELL_UI_LABELLED_H
#define PGQUELL_UI_LABELLED_H

#include "core/consequences.h"
#include "ui/look.h"

#define LABELLED_INDENT 4

/* Adds nothing where the text is empty. The text is from look_text() or ours. */
void labelled_add(StrBuf *buf, const Look *look, const char *label, Style style, const char *text);

/* A line for every kind of consequence that there is. */
void labelled_consequences(StrBuf *buf, const Look *look, const Consequences *consequences);

#endif
