/// The web page, as it travels in the program: `web` of this repository is its source, which `Web` links to and the package
/// embeds. Names of files are told apart without their folders.
public enum Dashboard {
  /// What each file holds, by its path below `web`.
  public static let files: [String: [UInt8]] = [
    "api.js": PackageResources.api_js,
    "app.js": PackageResources.app_js,
    "connection.js": PackageResources.connection_js,
    "dom.js": PackageResources.dom_js,
    "elements/aggregate-panels.js": PackageResources.aggregate_panels_js,
    "elements/alert-list.js": PackageResources.alert_list_js,
    "elements/connection-banner.js": PackageResources.connection_banner_js,
    "elements/connection-status.js": PackageResources.connection_status_js,
    "elements/data-panel.js": PackageResources.data_panel_js,
    "elements/definitions-banner.js": PackageResources.definitions_banner_js,
    "elements/device-list.js": PackageResources.device_list_js,
    "elements/downloads-chart.js": PackageResources.downloads_chart_js,
    "elements/region-list.js": PackageResources.region_list_js,
    "elements/stat-card.js": PackageResources.stat_card_js,
    "elements/trending-list.js": PackageResources.trending_list_js,
    "elements/window-selector.js": PackageResources.window_selector_js,
    "favicon.svg": PackageResources.favicon_svg,
    "folding.js": PackageResources.folding_js,
    "format.js": PackageResources.format_js,
    "icons.js": PackageResources.icons_js,
    "index.html": PackageResources.index_html,
    "minute-series.js": PackageResources.minute_series_js,
    "poller.js": PackageResources.poller_js,
    "ranked-row.js": PackageResources.ranked_row_js,
    "sparkline.js": PackageResources.sparkline_js,
    "styles/controls.css": PackageResources.controls_css,
    "styles/header.css": PackageResources.header_css,
    "styles/layout.css": PackageResources.layout_css,
    "styles/lists.css": PackageResources.lists_css,
    "styles/panels.css": PackageResources.panels_css,
    "styles/theme.css": PackageResources.theme_css,
  ]
}
